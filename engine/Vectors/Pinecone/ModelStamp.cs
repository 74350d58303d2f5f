using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>
/// The mark of the model that made a vector: Pinecone has no place for it, so each record carries it as a reserved metadata field,
/// <c>"orrery_model": "name@digest"</c>, which is taken off before metadata is told.
/// </summary>
internal static class ModelStamp
{
    /// <summary>The reserved field.</summary>
    public const string Field = "orrery_model";

    /// <summary>The field's value.</summary>
    public static string Text(EmbeddingModel model) => $"{model.Name}@{model.Digest}";

    /// <summary>The model that a value means; null when it means none.</summary>
    public static EmbeddingModel? Parse(string text)
    {
        // Names may have an @, digests do not.
        var at = text.LastIndexOf('@');
        return at < 0 || at == text.Length - 1 ? null : new EmbeddingModel(text[..at], text[(at + 1)..]);
    }

    /// <summary>Metadata that holds the mark alone, a JSON object as UTF-8.</summary>
    public static ReadOnlyMemory<byte> Metadata(EmbeddingModel model)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteString(Field, Text(model));
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>The model of a record whose metadata is told; null where nobody said.</summary>
    public static EmbeddingModel? Of(JsonElement metadata) =>
        metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty(Field, out var stamp) && stamp.ValueKind == JsonValueKind.String ? Parse(stamp.GetString()!) : null;

    /// <summary>Metadata without the mark, as UTF-8; empty when nothing else is in it.</summary>
    public static byte[] Without(JsonElement metadata)
    {
        if (metadata.ValueKind != JsonValueKind.Object)
            return [];
        if (!metadata.TryGetProperty(Field, out _))
            return metadata.EnumerateObject().MoveNext() ? JsonMarshal.GetRawUtf8Value(metadata).ToArray() : [];
        var buffer = new ArrayBufferWriter<byte>();
        var fields = 0;
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var field in metadata.EnumerateObject())
            {
                if (field.NameEquals(Field))
                    continue;
                field.WriteTo(writer);
                fields++;
            }

            writer.WriteEndObject();
        }

        return fields == 0 ? [] : buffer.WrittenSpan.ToArray();
    }

    /// <summary>Says that metadata given by a caller names the reserved field; null when it does not.</summary>
    /// <param name="metadata">Right metadata, or empty.</param>
    public static InferenceError? CheckUnused(ReadOnlySpan<byte> metadata)
    {
        if (metadata.IsEmpty)
            return null;
        var reader = new Utf8JsonReader(metadata);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(Field))
                return new(InferenceErrorKind.Invalid, $"metadata field '{Field}' is reserved for the model that made a vector", "metadata");
        }

        return null;
    }
}
