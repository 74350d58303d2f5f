using System.Text.Json;

namespace Orrery.Engine.Tokenization;

/// <summary>A value in a JSON file that knows where it stands, so that what is wrong with it can be said.</summary>
internal readonly record struct ConfigNode(JsonElement Element, string Path, string File)
{
    public TokenizerFormatException Wrong(string problem) => new(File, Path, problem);

    /// <summary>A property that is there and not null.</summary>
    public ConfigNode? Find(string name)
    {
        if (Element.ValueKind != JsonValueKind.Object) throw Wrong($"expected an object, found {Element.ValueKind}");
        return Element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? new ConfigNode(value, $"{Path}.{name}", File)
            : null;
    }

    public ConfigNode Get(string name) => Find(name) ?? throw Wrong($"'{name}' is missing");

    public string AsString() => Element.ValueKind == JsonValueKind.String ? Element.GetString()! : throw Wrong($"expected a string, found {Element.ValueKind}");

    public int AsInt() => Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out int value)
        ? value
        : throw Wrong($"expected a whole number, found {Element.ValueKind}");

    public bool AsBool() => Element.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? Element.ValueKind == JsonValueKind.True
        : throw Wrong($"expected true or false, found {Element.ValueKind}");

    public ConfigNode[] AsArray()
    {
        if (Element.ValueKind != JsonValueKind.Array) throw Wrong($"expected an array, found {Element.ValueKind}");
        (string path, string file) = (Path, File);
        return [.. Element.EnumerateArray().Select((item, i) => new ConfigNode(item, $"{path}[{i}]", file))];
    }

    public string Type => Get("type").AsString();

    public bool Bool(string name, bool otherwise) => Find(name)?.AsBool() ?? otherwise;

    public int Int(string name, int otherwise) => Find(name)?.AsInt() ?? otherwise;

    public string String(string name, string otherwise) => Find(name)?.AsString() ?? otherwise;

    /// <summary>One of a few names.</summary>
    public T Choice<T>(string name, T otherwise) where T : struct, Enum
    {
        if (Find(name) is not { } node) return otherwise;
        string text = node.AsString().Replace("_", "", StringComparison.Ordinal);
        return Enum.TryParse(text, ignoreCase: true, out T value) && Enum.IsDefined(value)
            ? value
            : throw node.Wrong($"'{node.AsString()}' is none of {string.Join(", ", Enum.GetNames<T>())}");
    }
}
