namespace Orrery.Engine.Models;

/// <summary>What else a model wants, by the files of it that are here: for whoever fetches it.</summary>
public static class ModelNeeds
{
    // Of a module that reads texts; its weights are in the graph.
    private static readonly string[] _text = ["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", .. ModelFiles.SentenceConfigs];

    /// <summary>The files that modules.json and the graph name, relative to the directory, whether or not they are here; some need not exist anywhere.</summary>
    /// <param name="directory">The model's.</param>
    /// <exception cref="ModelFormatException">A file cannot be understood; the message names it.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IReadOnlyCollection<string> Of(string directory)
    {
        var paths = new ModelPaths(directory, []);
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var module in ModuleList.Read(paths) ?? [])
        {
            names.Add(module.File("config.json"));
            if (module.Kind is "Transformer" or "MLMTransformer" or "StaticEmbedding")
                names.UnionWith(_text.Select(module.File));
            if (module.Kind is not ("Transformer" or "MLMTransformer"))
                names.Add(module.File("model.safetensors"));
        }

        try
        {
            var files = ModelFiles.Open(directory, []);
            names.UnionWith(files.ExternalFiles().Select(paths.NameOf));
        }
        catch (ModelFormatException) when (names.Any(name => !paths.Has(name)))
        {
            // What is not here yet may be what it lacks.
        }

        return names;
    }
}
