using System.Text.Json;
using Orrery.Engine;

namespace Orrery.Api.Http;

/// <summary>Inputs as read: never more than the limit is kept, however many were sent.</summary>
/// <param name="Items">The inputs, up to the limit.</param>
/// <param name="Count">How many there were.</param>
internal readonly record struct Inputs(IReadOnlyList<TextInput> Items, int Count);

/// <summary>Lists of texts and token ids inside a request.</summary>
internal static class InputsJson
{
    /// <summary>A text, a list of token ids, or a list of either.</summary>
    public static Inputs Inputs(this ref RequestJson json, string field, int limit)
    {
        if (!json.Next() || json.At(JsonTokenType.Null))
            return default;
        if (json.At(JsonTokenType.String))
            return new([TextInput.Of(json.Current())], 1);
        if (!json.At(JsonTokenType.StartArray))
        {
            json.Wrong(field, "a string, an array of token ids, or an array of these");
            return default;
        }

        var items = new List<TextInput>();
        var count = 0;
        while (json.Next() && !json.At(JsonTokenType.EndArray))
        {
            if (json.At(JsonTokenType.Number) && count == 0)
                return json.Ids(field) is { } all ? new([TextInput.OfIds(all)], 1) : default;
            if (!json.At(JsonTokenType.String) && !json.At(JsonTokenType.StartArray))
            {
                json.Wrong($"{field}[{count}]", "a string or an array of token ids");
                return default;
            }

            if (count++ >= limit)
                json.SkipElement();
            else if (json.At(JsonTokenType.String))
                items.Add(TextInput.Of(json.Current()));
            else if (json.Next() && json.Ids($"{field}[{count - 1}]") is { } ids)
                items.Add(TextInput.OfIds(ids));
        }

        return new(items, count);
    }

    /// <summary>A text or a list of texts; null when absent.</summary>
    public static List<string>? Texts(this ref RequestJson json, string field, int limit, out int count, bool allowOne = false) =>
        json.Texts(field, limit, out count, out _, allowOne);

    /// <summary>A text or a list of texts, of which more than the limit are refused; null when absent.</summary>
    public static List<string>? Texts(this ref RequestJson json, string field, int limit, bool allowOne = false)
    {
        var texts = json.Texts(field, limit, out var count, allowOne);
        if (count > limit)
            json.Fail(ErrorCause.TooLarge, $"{field} must have at most {limit} items, not {count}", field);
        return texts;
    }

    /// <summary>A text or a list of texts; null when absent. Tells which it was.</summary>
    public static List<string>? Texts(this ref RequestJson json, string field, int limit, out int count, out bool single, bool allowOne = true)
    {
        count = 0;
        single = false;
        if (!json.Next() || json.At(JsonTokenType.Null))
            return null;
        if (allowOne && json.At(JsonTokenType.String))
        {
            count = 1;
            single = true;
            return [json.Current()];
        }

        if (!json.At(JsonTokenType.StartArray))
        {
            json.Wrong(field, allowOne ? "a string or an array of strings" : "an array of strings");
            return null;
        }

        var texts = new List<string>();
        while (json.Next() && !json.At(JsonTokenType.EndArray))
        {
            if (!json.At(JsonTokenType.String))
                json.Wrong($"{field}[{count}]", "a string");
            else if (count++ < limit)
                texts.Add(json.Current());
        }

        return texts;
    }

    /// <summary>A list of token ids or a list of such lists; null when absent.</summary>
    public static List<int[]>? IdLists(this ref RequestJson json, string field, int limit, out int count)
    {
        count = 0;
        if (!json.Next() || json.At(JsonTokenType.Null))
            return null;
        if (!json.At(JsonTokenType.StartArray))
        {
            json.Wrong(field, "an array of token ids, or an array of these");
            return null;
        }

        var lists = new List<int[]>();
        while (json.Next() && !json.At(JsonTokenType.EndArray))
        {
            if (json.At(JsonTokenType.Number) && count == 0)
            {
                count = 1;
                return json.Ids(field) is { } all ? [all] : null;
            }

            if (!json.At(JsonTokenType.StartArray))
                json.Wrong($"{field}[{count}]", "an array of token ids");
            else if (count++ >= limit)
                json.SkipElement();
            else if (json.Next() && json.Ids($"{field}[{count - 1}]") is { } ids)
                lists.Add(ids);
        }

        return lists;
    }

    /// <summary>The rest of an array of integers whose first element, or end, the reader is at.</summary>
    private static int[]? Ids(this ref RequestJson json, string field)
    {
        var ids = new List<int>();
        while (!json.At(JsonTokenType.EndArray))
        {
            if (!json.TryInteger(out var id))
            {
                json.Wrong($"{field}[{ids.Count}]", "an integer of 32 bits");
                return null;
            }

            ids.Add(id);
            if (!json.Next())
                return null;
        }

        return [.. ids];
    }

    private static void SkipElement(this ref RequestJson json)
    {
        if (json.At(JsonTokenType.StartArray))
            json.Skip();
    }
}
