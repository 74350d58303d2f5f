using System.Text.Json;
using Orrery.Engine.Execution;

namespace Orrery.Engine.Models;

/// <summary>
/// What sentence-transformers' SparseEncoder writes beside a SPLADE model: modules.json names a SpladePooling, whose folder says how. Without it a masked
/// language model's logits are pooled by their maximum, the default there.
/// </summary>
internal static class SparseModule
{
    private const string Pooling = "SpladePooling";

    // How much is computed at once is no matter of the answer.
    private static readonly string[] _keys = ["pooling_strategy", "activation_function", "word_embedding_dimension", "embedding_dimension", "chunk_size"];

    /// <summary>The manifest with what the module says.</summary>
    /// <exception cref="ModelFormatException">Its file is not JSON, or says what nobody knows.</exception>
    public static ModelManifest Apply(ModelManifest manifest, ModelFiles files)
    {
        if (files.Modules is not { } modules || !modules.Any(module => module.Kind == Pooling))
            return manifest;
        if (modules is not [{ Kind: "Transformer" or "MLMTransformer" }, { Kind: Pooling } splade])
            throw new ModelFormatException($"{ModuleList.FileName}: {string.Join(", ", modules.Select(module => module.Kind))}: of sparse models only a transformer with its SpladePooling is understood");
        var name = splade.File("config.json");
        var json = files.Paths.ReadJson(name) ?? throw new ModelFormatException($"{name} is not there, which {splade.Place} names");
        if (json.Root.ValueKind == JsonValueKind.Object && json.Root.EnumerateObject().FirstOrDefault(property => !_keys.Contains(property.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
            throw new ModelFormatException($"{name}: {unknown.Name}: what this does to sparse embeddings is not known");
        return manifest with
        {
            Task = ModelTask.Sparse,
            SparsePooling = new SparsePooling(
                Sum: OneOf(json, "pooling_strategy", "max", "sum"),
                LogTwice: OneOf(json, "activation_function", "relu", "log1p_relu")),
        };
    }

    private static bool OneOf(ConfigJson json, string key, string usual, string other) => json.String(key) switch
    {
        null => false,
        var value when value == usual => false,
        var value when value == other => true,
        var value => throw new ModelFormatException($"{json.File}: {key}: '{value}' is not one of {usual}, {other}"),
    };
}
