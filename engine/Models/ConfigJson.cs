using System.Collections.Immutable;
using System.Text.Json;

namespace Orrery.Engine.Models;

/// <summary>Typed reads of one configuration file; a value of the wrong kind is refused by file and key.</summary>
internal readonly struct ConfigJson(JsonElement root, string file)
{
    /// <summary>People edit these files.</summary>
    public static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    public string File => file;

    public JsonElement Root => root;

    /// <summary>Reads JSON, comments and trailing commas allowed, whose every string is text: no later read of it fails by what a string holds.</summary>
    /// <param name="json">The file's bytes.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="ModelFormatException">It is not JSON, or a string in it is no Unicode text.</exception>
    public static ConfigJson Parse(ReadOnlyMemory<byte> json, string file)
    {
        try
        {
            using var document = JsonDocument.Parse(json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json, Lenient);
            var root = document.RootElement.Clone();
            CheckText(root);
            return new ConfigJson(root, file);
        }
        catch (JsonException e)
        {
            throw new ModelFormatException($"{file} is not JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // The reader's answer to a lone surrogate or to bytes that are no UTF-8.
            throw new ModelFormatException($"{file} holds a string that is no Unicode text", e);
        }
    }

    public bool Has(string key) => Find(key) is not null;

    public string? String(string key) => Find(key) is not { } value ? null : Expect(value, JsonValueKind.String, key, "a string").GetString();

    public bool? Bool(string key) => Find(key) is not { } value ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(key, "true or false"),
    };

    public double? Number(string key) => Find(key) is not { } value ? null : Expect(value, JsonValueKind.Number, key, "a number").GetDouble();

    /// <summary>A value of any kind; null when it is not there, or null.</summary>
    public JsonElement? Any(string key) => Find(key);

    /// <summary>An object within; null when it is not there.</summary>
    public ConfigJson? Object(string key) =>
        Find(key) is not { } value ? null : new ConfigJson(Expect(value, JsonValueKind.Object, key, "an object"), $"{file}: {key}");

    public int? Int(string key) => Find(key) is not { } value ? null
        : Expect(value, JsonValueKind.Number, key, "an integer").TryGetInt32(out var number) && number >= 0 ? number
        : throw Wrong(key, "an integer from 0 to 2147483647");

    public T? Enumeration<T>(string key)
        where T : struct, Enum
    {
        if (String(key) is not { } name)
            return null;
        // As others write them: token-classifier is TokenClassifier.
        name = name.Replace("-", "", StringComparison.Ordinal);
        return name.All(char.IsAsciiLetter) && Enum.TryParse<T>(name, ignoreCase: true, out var value)
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

    /// <summary>An object of strings; null in it is the empty one.</summary>
    public ImmutableDictionary<string, string> Texts(string key)
    {
        if (Find(key) is not { } value)
            return ImmutableDictionary<string, string>.Empty;
        var texts = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var property in Expect(value, JsonValueKind.Object, key, "an object of strings").EnumerateObject())
            texts[property.Name] = property.Value.ValueKind == JsonValueKind.Null ? "" : Expect(property.Value, JsonValueKind.String, key, "an object of strings").GetString()!;
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

    private JsonElement? Find(string key) =>
        root.ValueKind != JsonValueKind.Object ? throw new ModelFormatException($"{file}: expected an object")
        : root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private JsonElement Expect(JsonElement value, JsonValueKind kind, string key, string what) =>
        value.ValueKind == kind ? value : throw Wrong(key, what);

    private static void CheckText(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            value.GetString();
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
                CheckText(item);
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in value.EnumerateObject())
            {
                _ = property.Name;
                CheckText(property.Value);
            }
        }
    }

    public ModelFormatException Wrong(string key, string what) => new($"{file}: {key}: expected {what}");
}
