using System.Security.Cryptography;
using System.Text;
using Orrery.Onnx;

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
        directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
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

    /// <summary>The files, absolute, in which the graph says that weights lie; whether they are there is not looked at. Reads the graph, but no weights.</summary>
    /// <returns>None where the graph cannot be read as one.</returns>
    /// <exception cref="ModelFormatException">The graph names a file outside the model's directory.</exception>
    /// <exception cref="IOException">The graph cannot be read.</exception>
    public IReadOnlyCollection<string> ExternalFiles()
    {
        // ONNX Runtime's own format keeps all in one file.
        if (Graph.EndsWith(".ort", StringComparison.OrdinalIgnoreCase))
            return [];
        GraphOutline graph;
        try
        {
            graph = OnnxFile.Look(Graph).Graph;
        }
        catch (InvalidDataException)
        {
            // A torn graph is a version like another: whoever asks for it is told, by ONNX Runtime, why it cannot be loaded.
            return [];
        }

        return [.. graph.ExternalFiles().Select(ExternalFile)];
    }

    /// <summary>Every file that makes the version, absolute, by relative name.</summary>
    /// <param name="external">What <see cref="ExternalFiles"/> gave.</param>
    public SortedDictionary<string, string> VersionFiles(IEnumerable<string> external)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal) { [NameOf(Graph)] = Graph };
        foreach (var name in _companions)
        {
            if (File.Exists(PathOf(name)))
                files[name] = PathOf(name);
        }

        // By name too, model.onnx_data, model.onnx.data, model.onnx_data_1 …: digests that detectors hold were made so.
        foreach (var data in System.IO.Directory.EnumerateFiles(Path.GetDirectoryName(Graph)!, Path.GetFileName(Graph) + "?*"))
            files[NameOf(data)] = data;
        foreach (var data in external)
            files[NameOf(data)] = data;
        return files;
    }

    /// <summary>As the other, with what <see cref="ExternalFiles"/> gives.</summary>
    /// <exception cref="ModelFormatException">As of <see cref="ExternalFiles"/>, or weights that the graph names are not there.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public string ComputeDigest(CancellationToken cancellation) => ComputeDigest(ExternalFiles(), cancellation);

    /// <summary>SHA-256, lower-case hex, over each file's name and SHA-256 in order of names.</summary>
    /// <param name="external">What <see cref="ExternalFiles"/> gave.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ModelFormatException">Weights that the graph names are not there.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public string ComputeDigest(IEnumerable<string> external, CancellationToken cancellation)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, path) in VersionFiles(external))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!File.Exists(path))
                throw new ModelFormatException($"{name} is not there; {Path.GetFileName(Graph)} has weights in it");
            using var file = File.OpenRead(path);
            whole.AppendData(Encoding.UTF8.GetBytes(name + "\n"));
            whole.AppendData(SHA256.HashData(file));
        }

        return Convert.ToHexStringLower(whole.GetHashAndReset());
    }

    private string ExternalFile(string location)
    {
        // A path with a NUL is none.
        var path = location.Contains('\0', StringComparison.Ordinal) ? "" : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Graph)!, location));
        if (!path.StartsWith(Directory + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new ModelFormatException($"{Path.GetFileName(Graph)} names external data outside the model's directory: {location}");
        return path;
    }

    private string NameOf(string path) => Path.GetRelativePath(Directory, path).Replace('\\', '/');

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
