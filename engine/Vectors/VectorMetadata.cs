using System.Buffers;
using System.Text.Json;

namespace Orrery.Engine.Vectors;

/// <summary>
/// A record's metadata: a flat JSON object as UTF-8 whose values are strings, numbers, booleans or lists of strings, as Pinecone has it.
/// </summary>
public static class VectorMetadata
{
    /// <summary>The most bytes of one record's metadata.</summary>
    public const int MaxBytes = 40 * 1024;

    /// <summary>Says what is wrong with metadata, to be read after its name; null when nothing is.</summary>
    /// <param name="json">The metadata; empty for none, which is right.</param>
    public static string? Check(ReadOnlySpan<byte> json)
    {
        if (json.Length > MaxBytes)
            return $"must be at most {MaxBytes} bytes, not {json.Length}";
        if (json.IsEmpty)
            return null;
        var reader = new Utf8JsonReader(json);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return "must be an object";
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (name.Length == 0 || name[0] == '$')
                    return name.Length == 0 ? "has a field without a name" : $"has a field '{name}': names must not begin with $";
                reader.Read();
                if (!IsValue(ref reader))
                    return $"field '{name}' must be a string, a finite number, a boolean or a list of strings";
            }

            return reader.Read() ? "must be one object" : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Neither bytes nor an escape that is half a character can be asked about in another way.
            return $"is not JSON that can be read: {e.Message}";
        }
    }

    /// <summary>Sets fields in metadata; those that are not named stay.</summary>
    /// <param name="metadata">Right metadata, or empty.</param>
    /// <param name="changes">Right metadata, or empty.</param>
    /// <returns>The result, which may be too long: <see cref="Check"/> tells.</returns>
    public static byte[] Merge(ReadOnlyMemory<byte> metadata, ReadOnlyMemory<byte> changes)
    {
        if (metadata.IsEmpty || changes.IsEmpty)
            return (metadata.IsEmpty ? changes : metadata).ToArray();
        using var old = JsonDocument.Parse(metadata);
        using var set = JsonDocument.Parse(changes);
        var buffer = new ArrayBufferWriter<byte>(metadata.Length + changes.Length);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var field in old.RootElement.EnumerateObject())
            {
                if (!set.RootElement.TryGetProperty(field.Name, out _))
                    field.WriteTo(writer);
            }

            foreach (var field in set.RootElement.EnumerateObject())
                field.WriteTo(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static bool IsValue(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                // Throws for an escape that is half a character.
                reader.GetString();
                return true;
            case JsonTokenType.True or JsonTokenType.False:
                return true;
            case JsonTokenType.Number:
                return reader.TryGetDouble(out var number) && double.IsFinite(number);
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType == JsonTokenType.String)
                    reader.GetString();
                return reader.TokenType == JsonTokenType.EndArray;
            default:
                return false;
        }
    }
}
