using System.Runtime.InteropServices;
using Orrery.Engine.Vectors;

namespace Orrery.Interfaces.Wire;

/// <summary>Records of a shard, as columns: matches with scores, or records without.</summary>
[GenerateSerializer, Immutable, Alias("orrery.record-rows")]
public sealed class RecordRows
{
    /// <summary>The records' ids.</summary>
    [Id(0)]
    public required string[] Ids { get; init; }

    /// <summary>Each match's score; null for records that nobody compared.</summary>
    [Id(1)]
    public float[]? Scores { get; init; }

    /// <summary>All vectors, little-endian float32, equally long; empty when they were not asked for.</summary>
    [Id(2)]
    public required byte[] Values { get; init; }

    /// <summary>Each record's metadata; null when none has any.</summary>
    [Id(3)]
    public ReadOnlyMemory<byte>[]? Metadata { get; init; }

    /// <summary>What asks for the next page; null at the end.</summary>
    [Id(4)]
    public string? Next { get; init; }

    /// <summary>From what a store found.</summary>
    public static RecordRows Of(VectorMatches found)
    {
        var matches = found.Matches;
        var rows = New(matches.Count, matches.Count == 0 ? 0 : matches[0].Values.Length, scores: true);
        for (var i = 0; i < matches.Count; i++)
        {
            rows.Scores![i] = matches[i].Score;
            rows.Set(i, matches[i].Id, matches[i].Values.Span, matches[i].Metadata);
        }

        return rows;
    }

    /// <summary>From a store's page.</summary>
    public static RecordRows Of(RecordPage page)
    {
        var records = page.Records;
        var rows = New(records.Count, records.Count == 0 ? 0 : records[0].Values.Length, scores: false, page.Next);
        for (var i = 0; i < records.Count; i++)
            rows.Set(i, records[i].Id, records[i].Values.Span, records[i].Metadata);
        return rows;
    }

    /// <summary>One as a match.</summary>
    public VectorMatch Match(int row) => new(Ids[row], Scores![row], Vector(row), Metadata?[row] ?? default);

    /// <summary>One as a record.</summary>
    public VectorRecord Record(int row) => new(Ids[row], Vector(row), Metadata?[row] ?? default);

    /// <summary>One vector, copied; empty when they were not asked for.</summary>
    public float[] Vector(int row)
    {
        var width = Ids.Length == 0 ? 0 : Values.Length / Ids.Length;
        return MemoryMarshal.Cast<byte, float>(Values.AsSpan(row * width, width)).ToArray();
    }

    private static RecordRows New(int count, int dimension, bool scores, string? next = null) => new()
    {
        Ids = new string[count],
        Scores = scores ? new float[count] : null,
        Values = new byte[count * dimension * sizeof(float)],
        Metadata = new ReadOnlyMemory<byte>[count],
        Next = next,
    };

    private void Set(int row, string id, ReadOnlySpan<float> values, ReadOnlyMemory<byte> metadata)
    {
        Ids[row] = id;
        MemoryMarshal.AsBytes(values).CopyTo(Values.AsSpan(row * values.Length * sizeof(float)));
        Metadata![row] = metadata;
    }
}

/// <summary>Ids of a shard.</summary>
/// <param name="Ids">In bytewise order.</param>
/// <param name="More">Whether more follow.</param>
[GenerateSerializer, Immutable, Alias("orrery.id-rows")]
public sealed record IdRows([property: Id(0)] string[] Ids, [property: Id(1)] bool More);
