using System.Text;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>A record that was found, before what else was asked of it is read.</summary>
internal readonly record struct Near(string Id, int Slot, float Score);

/// <summary>
/// The exact k nearest: a scan of the codes leaves candidates with bounds of their scores, and their vectors are read from the file, most promising
/// first, until the k-th best is at least as near as any that is left can be.
/// </summary>
internal sealed class NearestSearch(Namespace space, VectorMetric metric, RecordReader reader, SearchPool pool, CancellationToken cancellation)
{
    private static readonly Comparer<Near> _worstFirst = Comparer<Near>.Create((a, b) =>
        a.Score != b.Score ? a.Score.CompareTo(b.Score) : string.CompareOrdinal(b.Id, a.Id));

    /// <summary>Vectors that were read.</summary>
    public long Reranked { get; private set; }

    /// <summary>Finds them in what the reader sees.</summary>
    /// <param name="vector">The query.</param>
    /// <param name="count">How many.</param>
    /// <param name="wanted">The slots to look at; null for all.</param>
    /// <returns>Best first; equal ones by id.</returns>
    public List<Near> Find(ReadOnlySpan<float> vector, int count, SlotSet? wanted)
    {
        if (space.Codes is not { } table || table.Dimension != vector.Length)
            return [];
        var query = new QuantizedQuery(metric, vector, table.Stride);
        if (query.Norm == 0 && metric == VectorMetric.Cosine)
            return FirstIds(count, wanted);
        // Codes may be newer than what the reader sees, so that candidates are missing there: then more of them are wanted.
        for (var kept = count; ; kept *= 4)
        {
            var candidates = pool.Scan(new(table, query, wanted), kept, cancellation);
            var nearest = Rank(vector, query.Norm, count, candidates.Sorted());
            if (candidates.Threshold == float.NegativeInfinity || (nearest.Count == count && nearest.Peek().Score >= candidates.Threshold))
                return InOrder(nearest);
        }
    }

    // To a vector of zeros all are equally near: what people ask who want any records. Their ids are read in one go.
    private List<Near> FirstIds(int count, SlotSet? wanted)
    {
        var nearest = new PriorityQueue<Near, Near>(_worstFirst);
        reader.ReadIds(space, (slot, id) =>
        {
            cancellation.ThrowIfCancellationRequested();
            if (wanted is null || wanted.Has(slot))
                Offer(nearest, new(Encoding.UTF8.GetString(id), slot, 0), count);
        });
        return InOrder(nearest);
    }

    private PriorityQueue<Near, Near> Rank(ReadOnlySpan<float> vector, double norm, int count, List<Candidate> candidates)
    {
        var nearest = new PriorityQueue<Near, Near>(_worstFirst);
        var kept = new float[vector.Length];
        foreach (var candidate in candidates)
        {
            if (nearest.Count == count && candidate.Upper < nearest.Peek().Score)
                break;
            if ((++Reranked & 255) == 0)
                cancellation.ThrowIfCancellationRequested();
            var row = space.Row(candidate.Slot);
            if (!reader.TryVector(row, kept))
                continue;
            var score = ExactMath.Nearness(metric, vector, norm, kept);
            if (nearest.Count == count && score < nearest.Peek().Score)
                continue;
            if (!reader.TryRecord(row, out var id, out _, out _))
                continue;
            Offer(nearest, new(id, candidate.Slot, score), count);
        }

        return nearest;
    }

    private static void Offer(PriorityQueue<Near, Near> nearest, Near near, int count)
    {
        if (nearest.Count < count)
            nearest.Enqueue(near, near);
        else
            nearest.EnqueueDequeue(near, near);
    }

    private static List<Near> InOrder(PriorityQueue<Near, Near> nearest)
    {
        var list = new List<Near>(nearest.Count);
        while (nearest.TryDequeue(out var near, out _))
            list.Add(near);
        list.Reverse();
        return list;
    }
}
