using System.Text.Json;
using Orrery.Engine.Execution;

namespace Orrery.Engine.Models;

/// <summary>
/// What sentence-transformers' SparseEncoder writes beside a SPLADE model: modules.json names a SpladePooling, whose folder says how. Without it a masked
/// language model's logits are pooled by their maximum, the default there.
/// </summary>
internal static class SparseModule
{
    private const string Pooling = ".SpladePooling";

    // How much is computed at once is no matter of the answer.
    private static readonly string[] _keys = ["pooling_strategy", "activation_function", "word_embedding_dimension", "embedding_dimension", "chunk_size"];

    /// <summary>The manifest with what the module says.</summary>
    /// <exception cref="ModelFormatException">Its file is not JSON, or says what nobody knows.</exception>
    public static ModelManifest Apply(ModelManifest manifest, ModelFiles files)
    {
        if (FolderOf(files) is not { } folder)
            return manifest;
        var name = folder + "/config.json";
        if (Read(files, name) is not { } document)
            throw new ModelFormatException($"modules.json names {folder}, but {name} is not there");
        using (document)
        {
            var json = new ConfigJson(document.RootElement, name);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.EnumerateObject().FirstOrDefault(property => !_keys.Contains(property.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
                throw new ModelFormatException($"{name}: {unknown.Name}: what this does to sparse embeddings is not known");
            return manifest with
            {
                Task = ModelTask.Sparse,
                SparsePooling = new SparsePooling(
                    Sum: OneOf(json, "pooling_strategy", "max", "sum"),
                    LogTwice: OneOf(json, "activation_function", "relu", "log1p_relu")),
            };
        }
    }

    private static string? FolderOf(ModelFiles files)
    {
        using var document = Read(files, "modules.json");
        if (document is not { RootElement.ValueKind: JsonValueKind.Array })
            return null;
        var modules = document.RootElement.EnumerateArray().Where(module => module.ValueKind == JsonValueKind.Object).Select(module => new ConfigJson(module, "modules.json")).ToList();
        var place = modules.FindIndex(module => module.String("type")?.EndsWith(Pooling, StringComparison.Ordinal) == true);
        if (place < 0)
            return null;
        if (place != 1 || modules.Count != 2 || modules[0].String("type") is not { } first || !first.EndsWith("Transformer", StringComparison.Ordinal))
            throw new ModelFormatException($"modules.json: {string.Join(", ", modules.Select(module => module.String("type")))}: of sparse models only a transformer with its SpladePooling is understood");
        var path = modules[place].String("path") ?? "";
        return path.Length > 0 && !path.Split('/', '\\').Contains("..") && !Path.IsPathRooted(path)
            ? path
            : throw new ModelFormatException($"modules.json: path: '{path}' is no folder of the model's");
    }

    private static bool OneOf(ConfigJson json, string key, string usual, string other) => json.String(key) switch
    {
        null => false,
        var value when value == usual => false,
        var value when value == other => true,
        var value => throw new ModelFormatException($"{json.File}: {key}: '{value}' is not one of {usual}, {other}"),
    };

    private static JsonDocument? Read(ModelFiles files, string name)
    {
        var path = files.PathOf(name);
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path), ConfigJson.Lenient);
        }
        catch (JsonException e)
        {
            throw new ModelFormatException($"{name} is not JSON: {e.Message}", e);
        }
    }
}
