using System.Numerics.Tensors;

namespace Orrery.Engine.Execution;

/// <summary>Token vectors to one vector, and vectors to unit length, over spans.</summary>
internal static class Pooler
{
    // sentence-transformers and PyTorch's normalize divide by max(norm, 1e-12).
    private const float SmallestNorm = 1e-12f;

    /// <summary>Pools one text. The ways are those of sentence-transformers' Pooling; where no token is left the answer is zeros.</summary>
    /// <param name="tokens">[length, hidden] of one text, padding excluded.</param>
    /// <param name="hidden">Floats a token.</param>
    /// <param name="skipped">Tokens at the beginning that do not count: a prompt's, which keep their places all the same.</param>
    /// <param name="pooling">How.</param>
    /// <param name="destination">[n] with n at most hidden: the first components are computed and no more.</param>
    public static void Pool(ReadOnlySpan<float> tokens, int hidden, int skipped, Pooling pooling, Span<float> destination)
    {
        var length = tokens.Length / hidden;
        var kept = destination.Length;
        if (skipped >= length)
        {
            destination.Clear();
            return;
        }

        switch (pooling)
        {
            case Pooling.Cls or Pooling.None:
                tokens.Slice(skipped * hidden, kept).CopyTo(destination);
                break;
            case Pooling.LastToken:
                tokens.Slice((length - 1) * hidden, kept).CopyTo(destination);
                break;
            case Pooling.Max:
                tokens.Slice(skipped * hidden, kept).CopyTo(destination);
                for (var i = skipped + 1; i < length; i++)
                    TensorPrimitives.Max(destination, tokens.Slice(i * hidden, kept), destination);
                break;
            case Pooling.Mean:
                Sum(tokens, hidden, skipped, destination);
                TensorPrimitives.Multiply(destination, 1f / (length - skipped), destination);
                break;
            case Pooling.MeanSqrtLength:
                Sum(tokens, hidden, skipped, destination);
                TensorPrimitives.Multiply(destination, 1f / MathF.Sqrt(length - skipped), destination);
                break;
            case Pooling.WeightedMean:
                WeightedMean(tokens, hidden, skipped, destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(pooling));
        }
    }

    /// <summary>Scales to unit length; a zero vector stays zero.</summary>
    public static void Normalize(Span<float> vector)
    {
        var norm = Math.Max(TensorPrimitives.Norm((ReadOnlySpan<float>)vector), SmallestNorm);
        TensorPrimitives.Divide(vector, norm, vector);
    }

    /// <summary>Whether no component is NaN or infinite, given that sums of squares of real embeddings do not overflow.</summary>
    public static bool IsFinite(ReadOnlySpan<float> vector) => float.IsFinite(TensorPrimitives.SumOfSquares(vector));

    private static void Sum(ReadOnlySpan<float> tokens, int hidden, int skipped, Span<float> destination)
    {
        tokens.Slice(skipped * hidden, destination.Length).CopyTo(destination);
        for (var i = skipped + 1; i < tokens.Length / hidden; i++)
            TensorPrimitives.Add(destination, tokens.Slice(i * hidden, destination.Length), destination);
    }

    /// <summary>Sum of i x_i over sum of i (Muennighoff 2022, "SGPT"), places from 1 on and counted over skipped tokens too.</summary>
    private static void WeightedMean(ReadOnlySpan<float> tokens, int hidden, int skipped, Span<float> destination)
    {
        destination.Clear();
        var weights = 0f;
        for (var i = skipped; i < tokens.Length / hidden; i++)
        {
            weights += i + 1;
            TensorPrimitives.MultiplyAdd(tokens.Slice(i * hidden, destination.Length), i + 1f, destination, destination);
        }

        TensorPrimitives.Divide(destination, weights, destination);
    }
}
