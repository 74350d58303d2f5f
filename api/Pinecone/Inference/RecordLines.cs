using System.Buffers;
using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Pinecone.Inference;

/// <summary>Records that bring a text: a JSON object a line, with <c>_id</c> (or, without that, <c>id</c>), the field that is embedded, and whatever else is to be kept.</summary>
internal sealed class RecordLines
{
    public List<string> Ids { get; } = [];

    public List<TextInput> Texts { get; } = [];

    /// <summary>All fields of each but its id, the text among them, as metadata.</summary>
    public List<ReadOnlyMemory<byte>> Metadata { get; } = [];

    /// <summary>Reads them.</summary>
    /// <param name="body">The lines.</param>
    /// <param name="field">The field that is embedded.</param>
    /// <param name="records">The records, when nothing is wrong.</param>
    public static ApiError? Read(ReadOnlyMemory<byte> body, string field, out RecordLines records)
    {
        records = new RecordLines();
        if (JsonBytes.Check(body.Span) is { } broken)
            return new(ErrorCause.MalformedJson, "the body " + broken);
        while (!body.IsEmpty)
        {
            var end = body.Span.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? default : body[(end + 1)..];
            if (line.Span.Trim(" \t\r"u8).IsEmpty)
                continue;
            if (records.Ids.Count == UpsertReader.MaxVectors)
                return new(ErrorCause.TooLarge, $"there are more than {UpsertReader.MaxVectors} records", "records");
            if (records.Add(line, field) is { } wrong)
                return new(wrong.Cause, $"records[{records.Ids.Count}]: {wrong.Message}", wrong.Field);
        }

        return records.Ids.Count == 0 ? new(ErrorCause.Empty, "there are no records: one JSON object a line", "records") : null;
    }

    private ApiError? Add(ReadOnlyMemory<byte> line, string field)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 16 });
        }
        catch (JsonException e)
        {
            return new(ErrorCause.MalformedJson, $"the line is not valid JSON at byte {e.BytePositionInLine}");
        }

        using (document)
        {
            var json = document.RootElement;
            if (json.ValueKind != JsonValueKind.Object)
                return new(ErrorCause.WrongType, "the line must be a JSON object");
            // Where both are there id is a field as any other.
            var name = json.TryGetProperty("_id"u8, out var id) ? "_id" : "id";
            if ((name == "id" && !json.TryGetProperty("id"u8, out id)) || id.ValueKind != JsonValueKind.String)
                return new(ErrorCause.Invalid, "_id is missing, or no string", "_id");
            if (!json.TryGetProperty(field, out var text) || text.ValueKind != JsonValueKind.String)
                return new(ErrorCause.Invalid, $"'{id.GetString()}' has no text in the field '{field}', which this index embeds", field);
            Ids.Add(id.GetString()!);
            Texts.Add(TextInput.Of(text.GetString()!));
            Metadata.Add(Without(name, json));
            return null;
        }
    }

    private static ReadOnlyMemory<byte> Without(string name, JsonElement record)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var property in record.EnumerateObject())
            {
                if (!property.NameEquals(name))
                    property.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
