using System.Collections.Immutable;
using System.Text.Json;

namespace Orrery.Engine.Models;

/// <summary>One line of modules.json.</summary>
/// <param name="Kind">The last part of the class's name: Transformer, Pooling, Dense …</param>
/// <param name="Folder">Its folder, relative to the model's directory; empty for the directory itself.</param>
/// <param name="Place">The file and place, for messages.</param>
internal sealed record ModuleEntry(string Kind, string Folder, string Place)
{
    /// <summary>The name of a file of this module.</summary>
    public string File(string name) => Folder.Length == 0 ? name : $"{Folder}/{name}";
}

/// <summary>
/// sentence-transformers' <c>modules.json</c>: what becomes of a text, in order. Classes of that library are known by their last name, which
/// stayed the same while releases moved them about (<c>sentence_transformers.models.Pooling</c>,
/// <c>sentence_transformers.sentence_transformer.modules.pooling.Pooling</c>); of any other code nobody can know here what it computes.
/// </summary>
internal static class ModuleList
{
    public const string FileName = "modules.json";

    // A chain of published models has at most six.
    private const int MostModules = 64;

    /// <summary>Reads the list.</summary>
    /// <returns>Null where there is no such file.</returns>
    /// <exception cref="ModelFormatException">It is no list of modules, or names one that is not known.</exception>
    public static ImmutableArray<ModuleEntry>? Read(ModelPaths paths)
    {
        if (paths.ReadJson(FileName) is not { } json)
            return null;
        if (json.Root.ValueKind != JsonValueKind.Array || json.Root.GetArrayLength() is 0 or > MostModules)
            throw new ModelFormatException($"{FileName}: expected an array of 1 to {MostModules} modules");
        var modules = ImmutableArray.CreateBuilder<ModuleEntry>();
        foreach (var item in json.Root.EnumerateArray())
        {
            var place = $"{FileName}: [{modules.Count}]";
            var module = new ConfigJson(item, place);
            var type = module.String("type") ?? throw module.Wrong("type", "the name of a class");
            if (!type.StartsWith("sentence_transformers.", StringComparison.Ordinal))
                throw new ModelFormatException($"{place}: type: '{type}' is code of the repository's own, and what it computes cannot be told from its files");
            var written = module.String("path") ?? "";
            var folder = written is "" or "." ? "" : paths.NameOf(ModelPaths.Written(paths.Directory, written, $"{place}: path"));
            modules.Add(new ModuleEntry(type[(type.LastIndexOf('.') + 1)..], folder == "." ? "" : folder, place));
        }

        return modules.ToImmutable();
    }
}
