using System.Numerics;
using System.Numerics.Tensors;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>What must be known of a vector beside its codes to bound its scores.</summary>
/// <param name="Scale">A code stands for so much.</param>
/// <param name="Norm">The vector's norm, in scales.</param>
/// <param name="Residual">At least the norm of what the codes leave out, in scales.</param>
/// <remarks>
/// The scale is the least-squares one, which puts the residual at right angles to what the codes stand for: the residual then shows only in
/// that part of a query which is at right angles too, and bounds of near vectors are the tighter for it.
/// </remarks>
internal readonly record struct CodeShape(float Scale, float Norm, float Residual)
{
    // Below it a component divided by the largest one overflows float32. Such vectors get no codes; their bounds say nothing and stay true.
    private const float Smallest = 1e-30f;

    /// <summary>Makes a vector's codes.</summary>
    /// <param name="vector">Finite components.</param>
    /// <param name="codes">As long, and longer by padding, which is set to zero.</param>
    /// <param name="scratch">As long as the vector.</param>
    public static CodeShape Quantize(ReadOnlySpan<float> vector, Span<sbyte> codes, Span<float> scratch)
    {
        codes[vector.Length..].Clear();
        var largest = Math.Abs(TensorPrimitives.MaxMagnitude(vector));
        if (largest < Smallest)
        {
            codes.Clear();
            var norm = largest == 0 ? 0 : (float)(ExactMath.Norm(vector) / largest);
            return new(largest, norm, norm * 1.00001f);
        }

        TensorPrimitives.Multiply(vector, sbyte.MaxValue / largest, scratch);
        TensorPrimitives.Round(scratch, scratch);
        Narrow(scratch, codes);
        var scale = (float)(ExactMath.Dot(vector, scratch) / ExactMath.Dot(scratch, scratch));
        var length = ExactMath.Norm(vector) / scale;
        // What is left of each component is at most half a code but for rounding, so float32 sums are near enough: a ten-thousandth is added.
        TensorPrimitives.MultiplyAdd(scratch, -scale, vector, scratch);
        TensorPrimitives.Divide(scratch, scale, scratch);
        var residual = TensorPrimitives.Norm<float>(scratch) * 1.0001f;
        return new(scale, (float)length, residual + ((float)length * 1e-6f));
    }

    // .NET's conversion of float32 to bytes goes one by one.
    private static void Narrow(ReadOnlySpan<float> whole, Span<sbyte> codes)
    {
        var i = 0;
        for (; i <= whole.Length - Vector<sbyte>.Count; i += Vector<sbyte>.Count)
        {
            var part = whole[i..];
            var low = Vector.Narrow(Integers(part, 0), Integers(part, 1));
            var high = Vector.Narrow(Integers(part, 2), Integers(part, 3));
            Vector.Narrow(low, high).CopyTo(codes[i..]);
        }

        for (; i < whole.Length; i++)
            codes[i] = (sbyte)whole[i];
    }

    private static Vector<int> Integers(ReadOnlySpan<float> whole, int vector) =>
        Vector.ConvertToInt32(new Vector<float>(whole[(vector * Vector<float>.Count)..]));
}
