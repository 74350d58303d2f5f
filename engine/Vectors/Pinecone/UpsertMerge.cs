using System.Buffers;
using System.Text.Json;
using Orrery.Engine.Vectors.Outbox;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>
/// Makes one upsert of several that wait side by side: many small ones would otherwise take a round trip each, and a busy namespace's queue never end.
/// </summary>
internal static class UpsertMerge
{
    /// <summary>The call that stands for as many entries as fit one body and name no record twice.</summary>
    /// <param name="entries">Entries of one lane.</param>
    /// <param name="from">The first that is meant.</param>
    /// <returns>The call, and how many entries it stands for: at least one.</returns>
    public static (OutboxCall Call, int Entries) Of(IReadOnlyList<OutboxEntry> entries, int from)
    {
        var first = entries[from].Call;
        var (end, records, bytes) = (from + 1, first.Records, first.Body.Length);
        while (end < entries.Count && IsLike(entries[end].Call, first) && records + entries[end].Call.Records <= UpsertParts.MaxRecords && bytes + entries[end].Call.Body.Length <= UpsertParts.MaxBytes)
        {
            records += entries[end].Call.Records;
            bytes += entries[end++].Call.Body.Length;
        }

        if (end == from + 1)
            return (first, 1);
        var ids = new HashSet<string>(records, StringComparer.Ordinal);
        var vectors = Vectors(first.Body.Span, ids);
        // What stands before the first body's vectors, the namespace say, is the same for all.
        var body = new ArrayBufferWriter<byte>(bytes);
        body.Write(first.Body.Span[..vectors.End.Value]);
        var (last, taken) = (from + 1, first.Records);
        for (; last < end; last++)
        {
            var next = entries[last].Call;
            var before = ids.Count;
            vectors = Vectors(next.Body.Span, ids);
            if (ids.Count != before + next.Records)
                break;
            body.Write(","u8);
            body.Write(next.Body.Span[vectors]);
            taken += next.Records;
        }

        body.Write("]}"u8);
        return (first with { Body = body.WrittenMemory, Records = taken }, last - from);
    }

    private static bool IsLike(OutboxCall call, OutboxCall first) => call.Path == RecordPaths.Upsert && first.Path == RecordPaths.Upsert && call.Model == first.Model;

    /// <summary>Where the vectors lie within the brackets of a body that <see cref="UpsertParts"/> wrote, whose ids are noted.</summary>
    private static Range Vectors(ReadOnlySpan<byte> body, HashSet<string> ids)
    {
        const int InBody = 1, InVector = 3;
        var (start, end) = (0, 0);
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartArray && reader.CurrentDepth == InBody)
                start = (int)reader.BytesConsumed;
            else if (reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == InBody)
                end = (int)reader.TokenStartIndex;
            else if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == InVector && reader.ValueTextEquals("id"u8) && reader.Read())
                ids.Add(reader.GetString()!);
        }

        return start..end;
    }
}
