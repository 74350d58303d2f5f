using System.Buffers;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary>Writes labels with their scores, best first.</summary>
internal static class LabelScores
{
    /// <summary>A classifier's answer to one input.</summary>
    /// <param name="reply">Where to.</param>
    /// <param name="labels">By index.</param>
    /// <param name="logits">As many.</param>
    /// <param name="function">What makes scores of them.</param>
    /// <param name="most">How many of the best; at least 1.</param>
    public static void Write(Reply reply, IReadOnlyList<string> labels, ReadOnlySpan<float> logits, ScoreFunction function, int most = int.MaxValue)
    {
        var scores = ArrayPool<float>.Shared.Rent(logits.Length);
        var values = scores.AsSpan(0, logits.Length);
        Scores.Of(function, logits, values);
        Write(reply, labels, values, most);
        ArrayPool<float>.Shared.Return(scores);
    }

    /// <summary>Scores as they are.</summary>
    /// <param name="reply">Where to.</param>
    /// <param name="labels">By index.</param>
    /// <param name="scores">As many; sorted here.</param>
    /// <param name="most">How many of the best; at least 1.</param>
    public static void Write(Reply reply, IReadOnlyList<string> labels, Span<float> scores, int most = int.MaxValue)
    {
        var order = ArrayPool<int>.Shared.Rent(scores.Length);
        var sorted = order.AsSpan(0, scores.Length);
        for (var i = 0; i < sorted.Length; i++)
            sorted[i] = i;
        scores.Sort(sorted, static (a, b) => b.CompareTo(a));

        reply.Raw("["u8);
        for (var i = 0; i < Math.Min(most, sorted.Length); i++)
        {
            reply.Raw(i == 0 ? "{\"score\":"u8 : ",{\"score\":"u8);
            reply.Number(scores[i]);
            reply.Raw(",\"label\":"u8);
            reply.String(labels[sorted[i]]);
            reply.Raw("}"u8);
        }

        reply.Raw("]"u8);
        ArrayPool<int>.Shared.Return(order);
    }
}
