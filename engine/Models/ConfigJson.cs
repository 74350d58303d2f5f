using System.Collections.Immutable;
using System.Text.Json;

namespace Orrery.Engine.Models;

/// <summary>Typed reads of one configuration file; a value of the wrong kind is refused by file and key.</summary>
internal readonly struct ConfigJson(JsonElement root, string file)
{
    /// <summary>People edit these files.</summary>
    public static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    public string File => file;

    public bool Has(string key) => Find(key) is not null;

    public string? String(string key) => Find(key) is not { } value ? null : Expect(value, JsonValueKind.String, key, "a string").GetString();

    public bool? Bool(string key) => Find(key) is not { } value ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(key, "true or false"),
    };

    public double? Number(string key) => Find(key) is not { } value ? null : Expect(value, JsonValueKind.Number, key, "a number").GetDouble();

    public int? Int(string key) => Find(key) is not { } value ? null
        : Expect(value, JsonValueKind.Number, key, "an integer").TryGetInt32(out var number) && number >= 0 ? number
        : throw Wrong(key, "an integer from 0 to 2147483647");

    public T? Enumeration<T>(string key)
        where T : struct, Enum
    {
        if (String(key) is not { } name)
            return null;
        // As others write them: token-classifier is TokenClassifier.
        return Enum.TryParse<T>(name.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var value) && Enum.IsDefined(value) && char.IsLetter(name[0])
            ? value
            : throw Wrong(key, "one of " + string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant());
    }

    public ImmutableArray<string> Strings(string key)
    {
        if (Find(key) is not { } value)
            return [];
        var strings = ImmutableArray.CreateBuilder<string>();
        foreach (var item in Expect(value, JsonValueKind.Array, key, "an array of strings").EnumerateArray())
            strings.Add(Expect(item, JsonValueKind.String, key, "an array of strings").GetString()!);
        return strings.ToImmutable();
    }

    public ImmutableDictionary<string, string> Texts(string key)
    {
        if (Find(key) is not { } value)
            return ImmutableDictionary<string, string>.Empty;
        var texts = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var property in Expect(value, JsonValueKind.Object, key, "an object of strings").EnumerateObject())
            texts[property.Name] = Expect(property.Value, JsonValueKind.String, key, "an object of strings").GetString()!;
        return texts.ToImmutable();
    }

    /// <summary>Labels from <c>{"0": "name", "1": …}</c>: every index from 0 on, once. A number as a label is the text of it.</summary>
    public ImmutableArray<string> Labels(string key)
    {
        if (Find(key) is not { } value)
            return [];
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in Expect(value, JsonValueKind.Object, key, "an object of strings").EnumerateObject())
        {
            texts[property.Name] = property.Value.ValueKind == JsonValueKind.Number
                ? property.Value.GetRawText()
                : Expect(property.Value, JsonValueKind.String, key, "an object of strings or numbers").GetString()!;
        }

        var labels = ImmutableArray.CreateBuilder<string>(texts.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            labels.Add(texts.TryGetValue(i.ToString(System.Globalization.CultureInfo.InvariantCulture), out var label)
                ? label
                : throw Wrong(key, $"labels for every index from 0 to {texts.Count - 1}; {i} is missing"));
        }

        return labels.ToImmutable();
    }

    /// <summary>Whether any object of the root array has a string property that ends so.</summary>
    public bool AnyItemEndsWith(string key, string ending)
    {
        if (root.ValueKind != JsonValueKind.Array)
            throw new ModelFormatException($"{file}: expected an array");
        foreach (var item in root.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty(key, out var value)
                && value.ValueKind == JsonValueKind.String && value.GetString()!.EndsWith(ending, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    private JsonElement? Find(string key) =>
        root.ValueKind != JsonValueKind.Object ? throw new ModelFormatException($"{file}: expected an object")
        : root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private JsonElement Expect(JsonElement value, JsonValueKind kind, string key, string what) =>
        value.ValueKind == kind ? value : throw Wrong(key, what);

    private ModelFormatException Wrong(string key, string what) => new($"{file}: {key}: expected {what}");
}
