using Orrery.Engine.Vectors;
using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces.Vectors;

/// <summary>Makes one answer of what shards answered. Pure.</summary>
internal static class Merging
{
    /// <summary>The best of all matches, best first; equal scores by id.</summary>
    public static VectorMatches Best(RecordRows[] parts, int topK, VectorMetric metric)
    {
        var ranked = new List<(float Score, string Id, RecordRows Part, int Row)>();
        foreach (var part in parts)
        {
            for (var row = 0; row < part.Ids.Length; row++)
                ranked.Add((part.Scores![row], part.Ids[row], part, row));
        }

        var less = metric == VectorMetric.Euclidean;
        ranked.Sort((a, b) => (less ? a.Score.CompareTo(b.Score) : b.Score.CompareTo(a.Score)) is not 0 and var order ? order : string.CompareOrdinal(a.Id, b.Id));
        var best = new VectorMatch[Math.Min(topK, ranked.Count)];
        for (var i = 0; i < best.Length; i++)
            best[i] = ranked[i].Part.Match(ranked[i].Row);
        return new VectorMatches(best);
    }

    /// <summary>The first ids of all, and whether more follow.</summary>
    public static IdRows First(IdRows[] parts, int limit)
    {
        var ids = new List<string>();
        var more = false;
        foreach (var part in parts)
        {
            ids.AddRange(part.Ids);
            more |= part.More;
        }

        ids.Sort(Utf8Order.Compare);
        more |= ids.Count > limit;
        return new IdRows([.. ids[..Math.Min(limit, ids.Count)]], more);
    }
}
