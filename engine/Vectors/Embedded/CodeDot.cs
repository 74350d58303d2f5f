using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>Inner products of codes with a quantized query: the loop that a search spends its time in.</summary>
/// <remarks>It and what calls it are compiled at once: until .NET had found out how hot they are, the first dozens of searches took five times as long.</remarks>
internal static unsafe class CodeDot
{
    /// <summary>Components are padded with zeros to a multiple of this.</summary>
    public const int Block = 16;

    /// <summary>The inner product. The query's levels are chosen so that it fits (<see cref="QuantizedQuery"/>).</summary>
    /// <param name="codes">A vector's codes.</param>
    /// <param name="query">The query's levels.</param>
    /// <param name="length">Components, a multiple of <see cref="Block"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Compute(sbyte* codes, short* query, int length)
    {
        var i = 0;
        var sum = 0;
        if (Avx512BW.IsSupported)
        {
            var a = Vector512<int>.Zero;
            var b = Vector512<int>.Zero;
            for (; i <= length - 64; i += 64)
            {
                a += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(codes + i)), Vector512.Load(query + i));
                b += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(codes + i + 32)), Vector512.Load(query + i + 32));
            }

            sum = Vector512.Sum(a + b);
        }

        if (Avx2.IsSupported)
        {
            var a = Vector256<int>.Zero;
            var b = Vector256<int>.Zero;
            for (; i <= length - 32; i += 32)
            {
                a += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(Vector128.Load(codes + i)), Vector256.Load(query + i));
                b += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(Vector128.Load(codes + i + 16)), Vector256.Load(query + i + 16));
            }

            for (; i < length; i += Block)
                a += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(Vector128.Load(codes + i)), Vector256.Load(query + i));
            return sum + Vector256.Sum(a + b);
        }

        return Portable(codes, query, length);
    }

    internal static int Portable(sbyte* codes, short* query, int length)
    {
        var sum = Vector128<int>.Zero;
        for (var i = 0; i < length; i += Block)
        {
            var (low, high) = Vector128.Widen(Vector128.Load(codes + i));
            sum += Product(low, Vector128.Load(query + i)) + Product(high, Vector128.Load(query + i + Vector128<short>.Count));
        }

        return Vector128.Sum(sum);
    }

    private static Vector128<int> Product(Vector128<short> a, Vector128<short> b)
    {
        var (a0, a1) = Vector128.Widen(a);
        var (b0, b1) = Vector128.Widen(b);
        return (a0 * b0) + (a1 * b1);
    }
}
