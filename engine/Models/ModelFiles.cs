using System.Collections.Immutable;
using Orrery.Onnx;

namespace Orrery.Engine.Models;

/// <summary>
/// A model directory as the Hugging Face hub lays it out: which file is the graph, and which files make the version.
/// </summary>
internal sealed class ModelFiles
{
    /// <summary>The names that a module of kind Transformer may write its limits under.</summary>
    public static readonly ImmutableArray<string> SentenceConfigs =
    [
        "sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json", "sentence_camembert_config.json",
        "sentence_albert_config.json", "sentence_xlm-roberta_config.json", "sentence_xlnet_config.json",
    ];

    // What decides the answers, beside the graph, its external data and the files of modules. Cards and licences may change without a new version.
    private static readonly string[] _companions =
    [
        "config.json", "orrery.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt",
        "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json",
        "pooling_config.json",
    ];

    // By these a directory without a graph is known as a model that was not exported, or not fetched whole.
    private static readonly string[] _weights = ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5"];

    private ModelFiles(ModelPaths paths, string graph, ImmutableArray<ModuleEntry>? modules)
    {
        Paths = paths;
        Graph = paths.PathOf(graph);
        Modules = modules;
    }

    public ModelPaths Paths { get; }

    /// <summary>The directory, absolute.</summary>
    public string Directory => Paths.Directory;

    /// <summary>The graph's path, absolute; of a table of static embeddings, which has no graph, the file of the table.</summary>
    public string Graph { get; }

    /// <summary>What modules.json lists; null where there is none.</summary>
    public ImmutableArray<ModuleEntry>? Modules { get; }

    /// <summary>The table of token vectors that stands in place of a graph; null where there is a graph.</summary>
    public ModuleEntry? Static => Modules is [{ Kind: "StaticEmbedding" } table, ..] ? table : null;

    /// <summary>Whether there is a tokenizer.</summary>
    public bool HasTokenizer => Paths.Has(TextFile("tokenizer.json")) || Paths.Has(TextFile("vocab.txt"));

    /// <summary>The folder in which the tokenizer lies, absolute.</summary>
    public string TokenizerFolder => Path.GetDirectoryName(Paths.PathOf(TextFile(Paths.Has(TextFile("tokenizer.json")) ? "tokenizer.json" : "vocab.txt")))!;

    /// <summary>The name of a file of the first module, which reads texts: in its folder, or where that lacks it in the directory itself.</summary>
    public string TextFile(string name) => Modules is [var first, ..] && Paths.Has(first.File(name)) ? first.File(name) : name;

    /// <summary>Whether a directory is a model's that could be served: it has a graph, names one, or is a table of static embeddings.</summary>
    public static bool IsModel(string directory)
    {
        try
        {
            return File.Exists(Path.Combine(directory, "orrery.json")) || Choose(new ModelPaths(directory, []), out _) is not null;
        }
        catch (ModelFormatException)
        {
            // Whatever is wrong in it is told by loading it.
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Whether a directory looks like a model's, though there is nothing in it that could be run: it is listed with the reason.</summary>
    public static bool LooksLikeModel(string directory)
    {
        bool Has(string name) => File.Exists(Path.Combine(directory, name));
        return Has("modules.json") || (Has("config.json") && (Has("tokenizer.json") || Has("vocab.txt") || Has("tokenizer_config.json") || Array.Exists(_weights, Has)))
            || HasGraphs(directory) || HasGraphs(Path.Combine(directory, "onnx"));
    }

    /// <summary>Finds a model's files.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="roots">Directories of models that the operator names: links may lead into them.</param>
    /// <exception cref="ModelFormatException">There is no graph to serve, or a file that says which is broken; the message says what.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ModelFiles Open(string directory, IEnumerable<string> roots)
    {
        var paths = new ModelPaths(directory, roots);
        if (paths.ReadJson("orrery.json")?.String("file") is { } named)
        {
            var graph = paths.NameOf(ModelPaths.Written(paths.Directory, named, "orrery.json: file"));
            return paths.Has(graph) ? new ModelFiles(paths, graph, ModuleList.Read(paths)) : throw new ModelFormatException($"orrery.json: file: {graph} does not exist");
        }

        return Choose(paths, out var reason) ?? throw new ModelFormatException(reason);
    }

    /// <summary>The files, absolute, in which the graph says that weights lie; whether they are there is not looked at. Reads the graph, but no weights.</summary>
    /// <returns>None where the graph cannot be read as one.</returns>
    /// <exception cref="ModelFormatException">The graph names a file outside the model's directory.</exception>
    /// <exception cref="IOException">The graph cannot be read.</exception>
    public IReadOnlyCollection<string> ExternalFiles() => ExternalFiles(Outline());

    /// <summary>As the other, of a graph that was read.</summary>
    public IReadOnlyCollection<string> ExternalFiles(GraphOutline? outline)
    {
        var folder = Path.GetDirectoryName(Graph)!;
        return outline is null ? [] : [.. outline.ExternalFiles().Select(location => ModelPaths.Written(folder, location, $"{Path.GetFileName(Graph)}: external data"))];
    }

    /// <summary>What the graph is made of, without its weights; null where it cannot be read, or is none.</summary>
    public GraphOutline? Outline()
    {
        // ONNX Runtime's own format keeps all in one file.
        if (Static is not null || Graph.EndsWith(".ort", StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            return OnnxFile.Look(Graph).Graph;
        }
        catch (InvalidDataException)
        {
            // A torn graph is a version like another: whoever asks for it is told, by ONNX Runtime, why it cannot be loaded.
            return null;
        }
    }

    /// <summary>Every file that makes the version, absolute, by relative name.</summary>
    /// <param name="external">What <see cref="ExternalFiles()"/> gave.</param>
    public SortedDictionary<string, string> VersionFiles(IEnumerable<string> external)
    {
        var files = FormerFiles(external);
        foreach (var name in SentenceConfigs.Concat(_companions).Select(TextFile).Concat(ModuleFiles()))
        {
            if (Paths.Has(name))
                files[name] = Paths.PathOf(name);
        }

        return files;
    }

    /// <summary>The files that made the version before modules.json decided which are read: digests that detectors hold are over these.</summary>
    public SortedDictionary<string, string> FormerFiles(IEnumerable<string> external)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Paths.NameOf(Graph)] = Graph };
        foreach (var name in _companions)
        {
            if (Paths.Has(name))
                files[name] = Paths.PathOf(name);
        }

        // By name too, model.onnx_data, model.onnx.data, model.onnx_data_1 …: digests that detectors hold were made so.
        foreach (var data in System.IO.Directory.EnumerateFiles(Path.GetDirectoryName(Graph)!, Path.GetFileName(Graph) + "?*"))
            files[Paths.NameOf(data)] = data;
        foreach (var data in external)
            files[Paths.NameOf(data)] = data;
        return files;
    }

    /// <summary>Proves of every file of the version that it is what it seems, before any is opened.</summary>
    /// <exception cref="ModelFormatException">As of <see cref="ModelPaths.Check"/>, or one is missing that is needed.</exception>
    public void Check(IEnumerable<string> external)
    {
        foreach (var (name, path) in VersionFiles(external))
        {
            if (!File.Exists(path))
                throw new ModelFormatException($"{name} is not there; {Path.GetFileName(Graph)} has weights in it");
            Paths.Check(path);
        }
    }

    private static bool HasGraphs(string folder) =>
        System.IO.Directory.Exists(folder) && System.IO.Directory.EnumerateFiles(folder, "*.onnx", new EnumerationOptions { IgnoreInaccessible = true }).Any();

    private IEnumerable<string> ModuleFiles()
    {
        foreach (var module in Modules ?? [])
        {
            // A transformer's own weights are in the graph.
            if (module.Kind is not ("Transformer" or "MLMTransformer"))
                yield return module.File("model.safetensors");
            if (module.Folder.Length > 0)
                yield return module.File("config.json");
        }
    }

    private static ModelFiles? Choose(ModelPaths paths, out string reason)
    {
        var modules = ModuleList.Read(paths);
        reason = "";
        if (modules is [{ Kind: "StaticEmbedding" } table, ..])
        {
            reason = $"{table.File("model.safetensors")} is not there, the table of token vectors that {ModuleList.FileName} names";
            return paths.Has(table.File("model.safetensors")) ? new ModelFiles(paths, table.File("model.safetensors"), modules) : null;
        }

        var folders = modules is [{ Folder.Length: > 0 } first, ..] ? (string[])[first.Folder, ""] : [""];
        if (GraphChoice.Choose(paths.Graphs(folders), folders, out var why) is { } graph)
            return new ModelFiles(paths, graph, modules);
        reason = why ?? (Array.Find(_weights, paths.Has) is { } weights
            ? $"it holds no ONNX graph (onnx/model.onnx or model.onnx), only {weights}: export it, with 'optimum-cli export onnx' say"
            : "it holds no ONNX graph (onnx/model.onnx or model.onnx)");
        return null;
    }
}
