using System.Security.Cryptography;
using System.Text;

namespace Orrery.Engine.Models;

/// <summary>
/// A model directory as the Hugging Face hub lays it out: which file is the graph, and which files make the version.
/// </summary>
internal sealed class ModelFiles
{
    // In order of preference where a directory holds several: the plain graph first, then the usual variants of Optimum's export.
    private static readonly string[] _graphs =
    [
        "onnx/model.onnx", "model.onnx", "onnx/model_fp16.onnx", "onnx/model_quantized.onnx", "onnx/model_int8.onnx",
        "onnx/model_uint8.onnx", "onnx/model_q4.onnx", "model_quantized.onnx",
    ];

    // What decides the answers, beside the graph and its external data. Cards and licences may change without a new version.
    private static readonly string[] _companions =
    [
        "config.json", "orrery.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt",
        "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json",
        "pooling_config.json",
    ];

    private ModelFiles(string directory, string graph)
    {
        Directory = directory;
        Graph = graph;
    }

    /// <summary>The directory, absolute.</summary>
    public string Directory { get; }

    /// <summary>The graph's path, absolute.</summary>
    public string Graph { get; }

    /// <summary>Whether there is a tokenizer.</summary>
    public bool HasTokenizer => File.Exists(PathOf("tokenizer.json")) || File.Exists(PathOf("vocab.txt"));

    /// <summary>A file beside the graph.</summary>
    public string PathOf(string relative) => Path.Combine(Directory, relative);

    /// <summary>Recognizes a model directory.</summary>
    /// <param name="directory">Any directory.</param>
    /// <param name="graph">The graph that orrery.json names, relative; null to look for one.</param>
    /// <returns>Null when it holds no ONNX graph.</returns>
    public static ModelFiles? Find(string directory, string? graph = null)
    {
        directory = Path.GetFullPath(directory);
        if (graph is not null)
            return new ModelFiles(directory, Path.Combine(directory, graph));
        foreach (var candidate in _graphs)
        {
            if (File.Exists(Path.Combine(directory, candidate)))
                return new ModelFiles(directory, Path.Combine(directory, candidate));
        }

        foreach (var folder in (string[])[Path.Combine(directory, "onnx"), directory])
        {
            if (System.IO.Directory.Exists(folder) && FirstGraph(folder) is { } any)
                return new ModelFiles(directory, any);
        }

        return null;
    }

    /// <summary>Every file that makes the version, absolute, by relative name.</summary>
    public SortedDictionary<string, string> VersionFiles()
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [Path.GetRelativePath(Directory, Graph).Replace('\\', '/')] = Graph,
        };
        foreach (var name in _companions)
        {
            if (File.Exists(PathOf(name)))
                files[name] = PathOf(name);
        }

        // External data is named after the graph: model.onnx_data, model.onnx.data, model.onnx_data_1 …
        foreach (var data in System.IO.Directory.EnumerateFiles(Path.GetDirectoryName(Graph)!, Path.GetFileName(Graph) + "?*"))
            files[Path.GetRelativePath(Directory, data).Replace('\\', '/')] = data;
        return files;
    }

    /// <summary>SHA-256, lower-case hex, over each file's name and SHA-256 in order of names.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public string ComputeDigest(CancellationToken cancellation)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, path) in VersionFiles())
        {
            cancellation.ThrowIfCancellationRequested();
            using var file = File.OpenRead(path);
            whole.AppendData(Encoding.UTF8.GetBytes(name + "\n"));
            whole.AppendData(SHA256.HashData(file));
        }

        return Convert.ToHexStringLower(whole.GetHashAndReset());
    }

    private static string? FirstGraph(string folder)
    {
        string? first = null;
        foreach (var file in System.IO.Directory.EnumerateFiles(folder, "*.onnx"))
        {
            if (first is null || string.CompareOrdinal(file, first) < 0)
                first = file;
        }

        return first;
    }
}
