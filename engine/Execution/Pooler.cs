using System.Numerics.Tensors;

namespace Orrery.Engine.Execution;

/// <summary>Token vectors to one vector, and vectors to unit length, over spans.</summary>
internal static class Pooler
{
    // sentence-transformers and PyTorch's normalize divide by max(norm, 1e-12).
    private const float SmallestNorm = 1e-12f;

    /// <param name="tokens">[length, hidden] of one text, padding excluded.</param>
    /// <param name="hidden">Floats a token.</param>
    /// <param name="pooling">How.</param>
    /// <param name="destination">[n] with n at most hidden: the first components are computed and no more.</param>
    public static void Pool(ReadOnlySpan<float> tokens, int hidden, Pooling pooling, Span<float> destination)
    {
        var length = tokens.Length / hidden;
        var kept = destination.Length;
        switch (pooling)
        {
            case Pooling.Cls or Pooling.None:
                tokens[..kept].CopyTo(destination);
                break;
            case Pooling.LastToken:
                tokens.Slice((length - 1) * hidden, kept).CopyTo(destination);
                break;
            case Pooling.Max:
                tokens[..kept].CopyTo(destination);
                for (var i = 1; i < length; i++)
                    TensorPrimitives.Max(destination, tokens.Slice(i * hidden, kept), destination);
                break;
            case Pooling.Mean:
                tokens[..kept].CopyTo(destination);
                for (var i = 1; i < length; i++)
                    TensorPrimitives.Add(destination, tokens.Slice(i * hidden, kept), destination);
                TensorPrimitives.Multiply(destination, 1f / length, destination);
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
}
