using System.Runtime.CompilerServices;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>A query as the scan needs it: levels of 16 bits at most, and what bounds the error of scores computed with them.</summary>
internal sealed class QuantizedQuery
{
    // What float32 rounding may change of norms and scales, relative to both norms.
    private const double Rounding = 3e-7;

    private readonly VectorMetric _metric;
    private readonly double _step;
    private readonly double _norm;
    private readonly double _residual;

    /// <summary>Quantizes.</summary>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="vector">Finite components.</param>
    /// <param name="stride">Components with padding, as the table has it.</param>
    public QuantizedQuery(VectorMetric metric, ReadOnlySpan<float> vector, int stride)
    {
        _metric = metric;
        Levels = GC.AllocateArray<short>(stride, pinned: true);
        _norm = ExactMath.Norm(vector);
        var largest = 0f;
        foreach (var component in vector)
            largest = Math.Max(largest, Math.Abs(component));
        // As fine as 16 bits allow and as keeps the sum of products within 31 bits, whatever the codes.
        _step = (double)largest / Math.Min(short.MaxValue, int.MaxValue / (128 * stride));
        var residual = 0.0;
        for (var i = 0; i < vector.Length && largest > 0; i++)
        {
            Levels[i] = (short)Math.Round(vector[i] / _step);
            var left = vector[i] - (Levels[i] * _step);
            residual += left * left;
        }

        _residual = Math.Sqrt(residual);
    }

    /// <summary>The query's components in steps.</summary>
    public short[] Levels { get; }

    /// <summary>The query's norm.</summary>
    public double Norm => _norm;

    /// <summary>Bounds the nearness of a vector (<see cref="ExactMath.Nearness"/>).</summary>
    /// <param name="dot">The inner product of levels and codes.</param>
    /// <param name="shape">The vector's.</param>
    /// <param name="threshold">What the upper bound must reach to be of use.</param>
    /// <param name="lower">The nearness is at least that.</param>
    /// <param name="upper">The nearness is at most that.</param>
    /// <returns>Whether the upper bound reaches the threshold.</returns>
    /// <remarks>
    /// With v = w + r and q = p + s, where w and p are what codes and levels stand for: v.q = w.p + w.s + r.q. By Cauchy and Schwarz w.s is at most
    /// |w||s|. Since r is at right angles to w, r.q is at most |r| times the norm of q's part at right angles to w.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Bound(int dot, in CodeShape shape, float threshold, out float lower, out float upper)
    {
        var product = dot * _step;
        var slack = shape.Norm * (_residual + (Rounding * _norm));
        Score(product, slack + (shape.Residual * _norm), shape, out lower, out upper);
        if (upper < threshold)
            return false;
        // The same again with the angle, for those few which the plain bound lets through.
        var coded = Math.Sqrt(Math.Max(0, ((double)shape.Norm * shape.Norm * (1 + 1e-6)) - ((double)shape.Residual * shape.Residual)));
        var along = coded > 0 ? Math.Max(0, (Math.Abs(product) / coded) - _residual) * (1 - 1e-6) : 0;
        var across = Math.Sqrt(Math.Max(0, (_norm * _norm) - (along * along)));
        Score(product, slack + (shape.Residual * across), shape, out lower, out upper);
        return upper >= threshold;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Score(double product, double error, in CodeShape shape, out float lower, out float upper)
    {
        double middle;
        switch (_metric)
        {
            case VectorMetric.Cosine:
                var norms = shape.Norm * _norm;
                middle = norms > 0 ? product / norms : 0;
                error = norms > 0 ? (error / norms) + Rounding : 0;
                break;
            case VectorMetric.DotProduct:
                middle = product * shape.Scale;
                error *= shape.Scale;
                break;
            default:
                var length = (double)shape.Norm * shape.Scale;
                var squares = (length * length) + (_norm * _norm);
                middle = (2 * product * shape.Scale) - squares;
                error = (2 * error * shape.Scale) + (Rounding * squares);
                break;
        }

        lower = ExactMath.ToSingle(middle - error);
        upper = ExactMath.ToSingle(middle + error);
    }
}
