using System.Text.Json;
using Orrery.Engine;

namespace Orrery.Api.Http;

/// <summary>
/// Typed reads of a request's object. The first value of the wrong kind is remembered as <see cref="Error"/>, and reading goes on
/// with defaults, so that a route reads all it needs and checks once. Unknown fields are ignored.
/// </summary>
internal sealed class Fields(JsonElement root)
{
    /// <summary>What is wrong with the fields read so far; null when nothing is.</summary>
    public ApiError? Error { get; private set; }

    public JsonElement? Element(string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public string? Text(string name) => Element(name) is { } value ? Text(value, name) : null;

    public bool? Bool(string name) => Element(name) is not { } value ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => Wrong<bool?>(name, "true or false"),
    };

    public int? Int(string name) => Element(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : Wrong<int?>(name, "an integer");

    /// <summary>A string or a list of strings.</summary>
    public List<string>? Texts(string name)
    {
        if (Element(name) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return Text(value, name) is { } one ? [one] : null;
        if (value.ValueKind != JsonValueKind.Array)
            return Wrong<List<string>?>(name, "a string or a list of strings");
        var texts = new List<string>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            if (Text(item, name) is not { } text)
                return null;
            texts.Add(text);
        }

        return texts;
    }

    /// <summary>A string, a list of token ids, or a list of strings and lists of token ids.</summary>
    public List<TextInput>? Inputs(string name)
    {
        if (Element(name) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return Text(value, name) is { } one ? [TextInput.Of(one)] : null;
        if (value.ValueKind != JsonValueKind.Array)
            return Wrong<List<TextInput>?>(name, "a string, a list of strings, or lists of token ids");
        if (value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Number)
            return Ids(value, name) is { } single ? [TextInput.OfIds(single)] : null;
        var inputs = new List<TextInput>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Array)
            {
                if (Ids(item, name) is not { } ids)
                    return null;
                inputs.Add(TextInput.OfIds(ids));
            }
            else
            {
                if (Text(item, name) is not { } text)
                    return null;
                inputs.Add(TextInput.Of(text));
            }
        }

        return inputs;
    }

    /// <summary>A list of token ids, or a list of such lists.</summary>
    public List<int[]>? IdLists(string name)
    {
        if (Element(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            return Wrong<List<int[]>?>(name, "a list of token ids, or a list of such lists");
        if (value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Number)
            return Ids(value, name) is { } single ? [single] : null;
        var lists = new List<int[]>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            if (Ids(item, name) is not { } ids)
                return null;
            lists.Add(ids);
        }

        return lists;
    }

    /// <summary>A nested object's fields; null when it is absent.</summary>
    public Fields? Object(string name) => Element(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new Fields(value) : Wrong<Fields?>(name, "an object");

    /// <summary>Remembers that a field is wrong.</summary>
    public T? Wrong<T>(string name, string expected)
    {
        Error ??= ApiError.Invalid($"'{name}' must be {expected}", name);
        return default;
    }

    /// <summary>A string's value, when it is one that UTF-16 can hold.</summary>
    public string? Text(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.String)
            return Wrong<string>(name, "a string");
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // JSON may escape half a surrogate pair, which is no text.
            return Wrong<string>(name, "valid Unicode: it has half of a surrogate pair");
        }
    }

    private int[]? Ids(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Array)
            return Wrong<int[]>(name, "a list of token ids");
        var ids = new int[value.GetArrayLength()];
        var i = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out ids[i++]))
                return Wrong<int[]>(name, "a list of token ids, each a 32-bit integer");
        }

        return ids;
    }
}
