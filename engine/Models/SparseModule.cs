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
        foreach (var module in document.RootElement.EnumerateArray())
        {
            var json = new ConfigJson(module, "modules.json");
            if (module.ValueKind == JsonValueKind.Object && json.String("type") is { } type && type.EndsWith(Pooling, StringComparison.Ordinal))
            {
                var path = json.String("path") ?? "";
                return path.Length > 0 && !path.Split('/', '\\').Contains("..") && !Path.IsPathRooted(path)
                    ? path
                    : throw new ModelFormatException($"modules.json: path: '{path}' is no folder of the model's");
            }
        }

        return null;
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
