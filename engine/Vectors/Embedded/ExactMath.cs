using System.Numerics;
using System.Runtime.InteropServices;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>Sums over float32 components in float64: products are exact, and no finite input overflows.</summary>
internal static class ExactMath
{
    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = Vector<double>.Zero;
        var i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(a[i..]), out var a0, out var a1);
            Vector.Widen(new Vector<float>(b[i..]), out var b0, out var b1);
            sum += (a0 * b0) + (a1 * b1);
        }

        var total = Vector.Sum(sum);
        for (; i < a.Length; i++)
            total += (double)a[i] * b[i];
        return total;
    }

    /// <summary>The square of the Euclidean distance.</summary>
    public static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = Vector<double>.Zero;
        var i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(a[i..]), out var a0, out var a1);
            Vector.Widen(new Vector<float>(b[i..]), out var b0, out var b1);
            var d0 = a0 - b0;
            var d1 = a1 - b1;
            sum += (d0 * d0) + (d1 * d1);
        }

        var total = Vector.Sum(sum);
        for (; i < a.Length; i++)
        {
            var d = (double)a[i] - b[i];
            total += d * d;
        }

        return total;
    }

    /// <summary>The Euclidean norm.</summary>
    public static double Norm(ReadOnlySpan<float> a) => Math.Sqrt(Dot(a, a));

    /// <summary>
    /// How near two vectors are, by a metric: more is nearer for all of them, so of <see cref="VectorMetric.Euclidean"/> it is the negative.
    /// Kept within what float32 holds.
    /// </summary>
    public static float Nearness(VectorMetric metric, ReadOnlySpan<float> query, double queryNorm, ReadOnlySpan<float> vector)
    {
        switch (metric)
        {
            case VectorMetric.Cosine:
                var norm = Norm(vector);
                return norm == 0 || queryNorm == 0 ? 0 : ToSingle(Dot(query, vector) / norm / queryNorm);
            case VectorMetric.DotProduct:
                return ToSingle(Dot(query, vector));
            default:
                return ToSingle(-Distance(query, vector));
        }
    }

    /// <summary>The nearest finite float32. Order stays.</summary>
    public static float ToSingle(double value) => (float)Math.Clamp(value, -float.MaxValue, float.MaxValue);

    public static ReadOnlySpan<byte> Bytes(ReadOnlySpan<float> values) => MemoryMarshal.AsBytes(values);
}
