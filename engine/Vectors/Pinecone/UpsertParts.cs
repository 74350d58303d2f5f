using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>
/// The bodies of <c>/vectors/upsert</c> for records of any number: each at most <see cref="MaxRecords"/> records and <see cref="MaxBytes"/> bytes,
/// which are Pinecone's limits. One is written when it is asked for.
/// </summary>
internal sealed class UpsertParts(UpsertRequest request)
{
    /// <summary>The most records of one body.</summary>
    public const int MaxRecords = 1_000;

    /// <summary>The most bytes of one body. Two megabytes are meant; nobody says of which kind.</summary>
    public const int MaxBytes = 2_000_000;

    // Floats, ids and metadata are checked before they come here, and escaped no more than JSON asks.
    private static readonly JsonWriterOptions _writer = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ReadOnlyMemory<byte> _stamp = request.Model is { } model ? ModelStamp.Metadata(model) : default;
    private readonly ArrayBufferWriter<byte> _record = new();
    private int _next;

    /// <summary>Whether there is more to write.</summary>
    public bool More => _next < request.Ids.Count;

    /// <summary>Writes the next body.</summary>
    /// <returns>JSON as UTF-8, and the records in it: at least one.</returns>
    public (ReadOnlyMemory<byte> Body, int Records) Next()
    {
        var body = new ArrayBufferWriter<byte>((int)Math.Min(MaxBytes, 256 + ((request.Ids.Count - _next) * (64 + (request.Dimension * 12L)))));
        body.Write("{"u8);
        if (request.Namespace.Length > 0)
        {
            body.Write("\"namespace\":\""u8);
            body.Write(JsonEncodedText.Encode(request.Namespace, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
            body.Write("\","u8);
        }

        body.Write("\"vectors\":["u8);
        var records = 0;
        using var writer = new Utf8JsonWriter(_record, _writer);
        while (More && records < MaxRecords)
        {
            // What did not fit into the body before is there still.
            if (_record.WrittenCount == 0)
            {
                writer.Reset(_record);
                Write(writer, _next);
            }

            if (records > 0 && body.WrittenCount + _record.WrittenCount + 3 > MaxBytes)
                break;
            if (records > 0)
                body.Write(","u8);
            body.Write(_record.WrittenSpan);
            _record.ResetWrittenCount();
            _next++;
            records++;
        }

        body.Write("]}"u8);
        return (body.WrittenMemory, records);
    }

    private void Write(Utf8JsonWriter writer, int record)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, request.Ids[record]);
        writer.WriteStartArray("values"u8);
        foreach (var value in request.Vector(record))
            writer.WriteNumberValue(value);
        writer.WriteEndArray();
        var metadata = request.MetadataOf(record);
        if (!metadata.IsEmpty || !_stamp.IsEmpty)
        {
            writer.WritePropertyName("metadata"u8);
            writer.WriteRawValue(_stamp.IsEmpty ? metadata.Span : VectorMetadata.Merge(metadata, _stamp), skipInputValidation: true);
        }

        writer.WriteEndObject();
        writer.Flush();
    }
}
