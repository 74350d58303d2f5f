using System.Numerics.Tensors;

namespace Orrery.Api.Tei;

/// <summary>From logits to what callers see.</summary>
internal static class Scores
{
    /// <summary>1 / (1 + e^-x), without overflow.</summary>
    public static float Sigmoid(float logit) => logit >= 0 ? 1 / (1 + MathF.Exp(-logit)) : MathF.Exp(logit) / (1 + MathF.Exp(logit));

    /// <summary>Probabilities over labels: softmax, or sigmoid when there is one label.</summary>
    /// <param name="logits">Finite; at least one.</param>
    /// <param name="probabilities">As long.</param>
    public static void Probabilities(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        if (logits.Length == 1)
        {
            probabilities[0] = Sigmoid(logits[0]);
            return;
        }

        // Shifted by the maximum, no exponential overflows.
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), probabilities);
        TensorPrimitives.SoftMax(probabilities, probabilities);
    }
}
