using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Hub;

/// <summary>
/// "inputs" as transformers' pipelines take them: a text or a list of texts. A pair is <c>{"text", "text_pair"}</c>, or in a list <c>["a", "b"]</c> as in
/// Text Embeddings Inference's batches. A list of strings is a list of texts here, and not a pair.
/// </summary>
/// <param name="Items">Up to the limit; null when there were none.</param>
/// <param name="Count">How many there were.</param>
/// <param name="Single">Whether it was one, not in a list.</param>
internal readonly record struct HubInputs(List<TextInput>? Items, int Count, bool Single)
{
    private const string Field = "inputs";

    /// <summary>Reads the field the reader is at.</summary>
    /// <param name="json">The body.</param>
    /// <param name="limit">How many are kept.</param>
    public static HubInputs Read(ref RequestJson json, int limit)
    {
        if (!json.Next() || json.At(JsonTokenType.Null))
            return default;
        if (!json.At(JsonTokenType.StartArray))
            return ReadItem(ref json) is { } one ? new([one], 1, true) : default;
        var items = new List<TextInput>();
        var count = 0;
        while (json.Next() && !json.At(JsonTokenType.EndArray))
        {
            if (ReadItem(ref json) is { } item && count++ < limit)
                items.Add(item);
        }

        return new(items, count, false);
    }

    private static TextInput? ReadItem(ref RequestJson json)
    {
        if (json.At(JsonTokenType.String))
            return TextInput.Of(json.Current());
        if (json.At(JsonTokenType.StartObject))
            return ReadObject(ref json);
        if (json.At(JsonTokenType.StartArray) && json.Next() && json.At(JsonTokenType.String))
            return ReadArray(ref json);
        json.Wrong(Field, "a text, a pair of texts, or a list of these");
        return null;
    }

    private static TextInput? ReadArray(ref RequestJson json)
    {
        var first = json.Current();
        string? second = null;
        if (json.Next() && json.At(JsonTokenType.String))
        {
            second = json.Current();
            json.Next();
        }

        if (json.At(JsonTokenType.EndArray))
            return second is null ? TextInput.Of(first) : TextInput.OfPair(first, second);
        json.Fail(ErrorCause.Unprocessable, $"{Field}: a list within the list is one text or a pair", Field);
        return null;
    }

    private static TextInput? ReadObject(ref RequestJson json)
    {
        string? text = null, pair = null;
        while (json.NextField())
        {
            if (json.Is("text"u8))
                text = json.Text("inputs.text");
            else if (json.Is("text_pair"u8))
                pair = json.Text("inputs.text_pair");
            else
                json.Fail(ErrorCause.Unprocessable, $"{Field}: {json.FieldName} is neither text nor text_pair", Field);
        }

        if (text is null)
        {
            json.Fail(ErrorCause.WrongType, $"{Field}: an object must have a text", Field);
            return null;
        }

        return pair is null ? TextInput.Of(text) : TextInput.OfPair(text, pair);
    }
}
