namespace Orrery.Standalone.Models;

/// <summary>Which files of a repository a model needs.</summary>
internal static class PullPlan
{
    private static readonly string[] _graphs =
        ["onnx/model.onnx", "model.onnx", "onnx/model_fp16.onnx", "onnx/model_quantized.onnx", "onnx/model_int8.onnx", "onnx/model_uint8.onnx", "onnx/model_q4.onnx"];

    private static readonly string[] _companions =
    [
        "config.json", "orrery.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "modules.json",
        "sentence_bert_config.json", "config_sentence_transformers.json", "README.md", "LICENSE",
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
        var chosen = graph ?? _graphs.FirstOrDefault(names.Contains) ?? onnx.FirstOrDefault();
        if (chosen is null)
            return "the repository has no ONNX graph; export one, with Optimum say";
        if (!names.Contains(chosen))
            return $"the repository has no file {chosen}; its graphs are {string.Join(", ", onnx)}";
        foreach (var file in files)
        {
            // The name comes from the network: it must stay below the model's directory.
            if (file.Name.Split('/').Any(part => part is "" or "." or "..") || file.Name.Contains('\\', StringComparison.Ordinal) || Path.IsPathRooted(file.Name))
                return $"the repository has a file with an unsafe name: {file.Name}";
            var isPooling = file.Name.EndsWith("/config.json", StringComparison.Ordinal) && char.IsAsciiDigit(file.Name[0]);
            var isData = file.Name.StartsWith(chosen, StringComparison.Ordinal) || (chosen.EndsWith(".onnx", StringComparison.Ordinal) && file.Name == chosen[..^5] + ".onnx_data");
            if (isPooling || isData || _companions.Contains(file.Name))
                wanted.Add(file);
        }

        return null;
    }
}
