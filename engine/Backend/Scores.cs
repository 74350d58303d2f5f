using System.Numerics.Tensors;

namespace Orrery.Engine;

/// <summary>From logits to what callers see.</summary>
public static class Scores
{
    /// <summary>1 / (1 + e^-x), without overflow.</summary>
    public static float Sigmoid(float logit) => logit >= 0 ? 1 / (1 + MathF.Exp(-logit)) : MathF.Exp(logit) / (1 + MathF.Exp(logit));

    /// <summary>A cross-encoder's one score, as its files say: what it gives, or its sigmoid.</summary>
    /// <param name="function">What makes it.</param>
    /// <param name="logit">What the graph gave.</param>
    public static float OfPair(ScoreFunction function, float logit) => function == ScoreFunction.Identity ? logit : Sigmoid(logit);

    /// <summary>The scores of a cross-encoder, and places in the order of them: the best first, of equal ones the earlier.</summary>
    /// <param name="output">One logit a text.</param>
    /// <param name="function">Identity gives the logits; all others are the sigmoid of one.</param>
    public static (float[] Scores, int[] Order) Ranked(TextOutput output, ScoreFunction function)
    {
        var scores = new float[output.Count];
        var order = new int[output.Count];
        for (var i = 0; i < scores.Length; i++)
            (scores[i], order[i]) = (OfPair(function, output[i][0]), i);
        Array.Sort(order, (a, b) => scores[b].CompareTo(scores[a]) is not 0 and var less ? less : a.CompareTo(b));
        return (scores, order);
    }

    /// <summary>Scores over labels.</summary>
    /// <param name="function">What makes them; the softmax of one label is its sigmoid.</param>
    /// <param name="logits">Finite; at least one.</param>
    /// <param name="scores">As long.</param>
    public static void Of(ScoreFunction function, ReadOnlySpan<float> logits, Span<float> scores)
    {
        if (function == ScoreFunction.Identity)
        {
            logits.CopyTo(scores);
        }
        else if (function == ScoreFunction.Sigmoid || logits.Length == 1)
        {
            for (var i = 0; i < logits.Length; i++)
                scores[i] = Sigmoid(logits[i]);
        }
        else
        {
            // Shifted by the maximum, no exponential overflows.
            TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), scores);
            TensorPrimitives.SoftMax(scores, scores);
        }
    }
}
