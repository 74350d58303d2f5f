using Orrery.Engine.Models;

namespace Orrery.Standalone.Models;

/// <summary>Which files of a repository a model needs.</summary>
internal static class PullPlan
{
    private static readonly string[] _companions =
    [
        "config.json", "orrery.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "modules.json",
        "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json", "pooling_config.json", "README.md", "LICENSE",
    ];

    /// <summary>The files to download.</summary>
    /// <param name="files">All of the repository's.</param>
    /// <param name="graph">The graph to take; null for the usual one.</param>
    /// <param name="wanted">The files, when nothing is wrong.</param>
    /// <returns>Why there is nothing to pull; null when there is.</returns>
    public static string? Choose(IReadOnlyList<HubFile> files, string? graph, out List<HubFile> wanted)
    {
        wanted = [];
        var names = files.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        var onnx = names.Where(name => name.EndsWith(".onnx", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        // The first module's folder, which modules.json will name, is called 0_… by all who write one.
        var folders = names.Where(name => name.StartsWith("0_", StringComparison.Ordinal) && name.Contains('/', StringComparison.Ordinal)).Select(name => name.Split('/')[0]).Distinct();
        string? reason = null;
        var chosen = graph ?? GraphChoice.Choose(names, folders.Append(""), out reason);
        // A table of static embeddings has no graph; its modules.json says so.
        if (chosen is null && (reason is not null || !names.Contains("modules.json")))
            return reason ?? "the repository has no ONNX graph; export one, with Optimum say";
        if (chosen is not null && !names.Contains(chosen))
            return $"the repository has no file {chosen}; its graphs are {string.Join(", ", onnx)}";
        foreach (var file in files)
        {
            // The name comes from the network: it must stay below the model's directory.
            if (file.Name.Split('/').Any(part => part is "" or "." or "..") || file.Name.Contains('\\', StringComparison.Ordinal) || Path.IsPathRooted(file.Name))
                return $"the repository has a file with an unsafe name: {file.Name}";
            var isGraph = chosen is not null && file.Name.StartsWith(chosen, StringComparison.Ordinal);
            if (isGraph || _companions.Contains(file.Name))
                wanted.Add(file);
        }

        return null;
    }

    /// <summary>What the files that have come name beside themselves: modules' weights, and those of the graph that lie in files of any name.</summary>
    /// <param name="files">All of the repository's.</param>
    /// <param name="directory">Where they went.</param>
    /// <param name="had">Those that were chosen so far; what is found is added.</param>
    /// <exception cref="ModelFormatException">A file that has come cannot be understood.</exception>
    public static List<HubFile> More(IReadOnlyList<HubFile> files, string directory, List<HubFile> had)
    {
        var needs = ModelNeeds.Of(directory);
        var more = files.Where(file => needs.Contains(file.Name) && !had.Contains(file)).ToList();
        had.AddRange(more);
        return more;
    }
}
