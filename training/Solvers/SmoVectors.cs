using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Orrery.Training.Solvers;

/// <summary>The two passes of a step of SMO over all rows, 8 at a time. Of equal candidates the first wins.</summary>
internal static class SmoVectors
{
    /// <summary>The row whose number grows with most gain: the smallest gradient among rows that may grow.</summary>
    /// <param name="gradient">The gradient of each row.</param>
    /// <param name="mayGrow">0 for rows that may grow, positive infinity for others.</param>
    /// <returns>The row and its gradient; infinite when none may grow.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (int Row, double Gradient) Smallest(ReadOnlySpan<double> gradient, ReadOnlySpan<double> mayGrow)
    {
        var best = Vector512.Create(double.PositiveInfinity);
        var bestRow = Vector512<double>.Zero;
        var row = Vector512.Create(0.0, 1, 2, 3, 4, 5, 6, 7);
        var eight = Vector512.Create(8.0);
        ref double g = ref MemoryMarshal.GetReference(gradient), open = ref MemoryMarshal.GetReference(mayGrow);
        int i = 0;
        for (; i + 8 <= gradient.Length; i += 8, row += eight)
        {
            var value = Vector512.LoadUnsafe(ref g, (nuint)i) + Vector512.LoadUnsafe(ref open, (nuint)i);
            var better = Vector512.LessThan(value, best);
            best = Vector512.ConditionalSelect(better, value, best);
            bestRow = Vector512.ConditionalSelect(better, row, bestRow);
        }
        (int winner, double smallest) = First(-best, bestRow);
        smallest = -smallest;
        for (; i < gradient.Length; i++)
        {
            double value = gradient[i] + mayGrow[i];
            if (value < smallest)
                (winner, smallest) = (i, value);
        }
        return (winner, smallest);
    }

    /// <summary>
    /// The partner for row i by second-order information: among rows j that may shrink and have a larger gradient, the
    /// one with most (g_j - g_i)² / (2 - 2 K_ij). Fan, Chen and Lin, Working Set Selection Using Second Order Information
    /// for Training SVM, JMLR 6 (2005), WSS 2.
    /// </summary>
    /// <param name="gradient">The gradient of each row.</param>
    /// <param name="mayShrink">0 for rows that may shrink, negative infinity for others.</param>
    /// <param name="kernel">Row i of the kernel, whose diagonal is 1.</param>
    /// <param name="own">The gradient of i.</param>
    /// <returns>The partner, or -1 when there is none; and the largest gradient among rows that may shrink.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (int Row, double Largest) Partner(
        ReadOnlySpan<double> gradient, ReadOnlySpan<double> mayShrink, ReadOnlySpan<float> kernel, double own)
    {
        var best = Vector512<double>.Zero;
        var bestRow = Vector512.Create(-1.0);
        var largest = Vector512.Create(double.NegativeInfinity);
        var row = Vector512.Create(0.0, 1, 2, 3, 4, 5, 6, 7);
        var eight = Vector512.Create(8.0);
        var two = Vector512.Create(2.0);
        var floor = Vector512.Create(Smo.SmallestCurvature);
        var ownGradient = Vector512.Create(own);
        ref double g = ref MemoryMarshal.GetReference(gradient), open = ref MemoryMarshal.GetReference(mayShrink);
        ref float k = ref MemoryMarshal.GetReference(kernel);
        int i = 0;
        for (; i + 8 <= gradient.Length; i += 8, row += eight)
        {
            var value = Vector512.LoadUnsafe(ref g, (nuint)i) + Vector512.LoadUnsafe(ref open, (nuint)i);
            largest = Vector512.Max(largest, value);
            var gap = Vector512.Max(value - ownGradient, Vector512<double>.Zero);
            var gain = gap * gap / Vector512.Max(two - two * Widen(ref k, i), floor);
            var better = Vector512.GreaterThan(gain, best);
            best = Vector512.ConditionalSelect(better, gain, best);
            bestRow = Vector512.ConditionalSelect(better, row, bestRow);
        }
        (int winner, double most) = First(best, bestRow);
        double top = double.NegativeInfinity;
        for (int lane = 0; lane < 8; lane++)
            top = Math.Max(top, largest[lane]);
        for (; i < gradient.Length; i++)
        {
            double value = gradient[i] + mayShrink[i], gap = Math.Max(value - own, 0);
            top = Math.Max(top, value);
            double gain = gap * gap / Math.Max(2 - 2 * (double)kernel[i], Smo.SmallestCurvature);
            if (gain > most)
                (winner, most) = (i, gain);
        }
        return (winner, top);
    }

    /// <summary>gradient += step (kernel of i - kernel of j).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Move(Span<double> gradient, ReadOnlySpan<float> kernelOfI, ReadOnlySpan<float> kernelOfJ, double step)
    {
        var steps = Vector512.Create(step);
        ref double g = ref MemoryMarshal.GetReference(gradient);
        ref float a = ref MemoryMarshal.GetReference(kernelOfI), b = ref MemoryMarshal.GetReference(kernelOfJ);
        int i = 0;
        for (; i + 8 <= gradient.Length; i += 8)
        {
            var moved = Vector512.LoadUnsafe(ref g, (nuint)i) + steps * (Widen(ref a, i) - Widen(ref b, i));
            moved.StoreUnsafe(ref g, (nuint)i);
        }
        for (; i < gradient.Length; i++)
            gradient[i] += step * ((double)kernelOfI[i] - kernelOfJ[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Widen(ref float values, int index)
    {
        var (lower, upper) = Vector256.Widen(Vector256.LoadUnsafe(ref values, (nuint)index));
        return Vector512.Create(lower, upper);
    }

    private static (int Row, double Value) First(Vector512<double> values, Vector512<double> rows)
    {
        (double row, double value) = (rows[0], values[0]);
        for (int lane = 1; lane < 8; lane++)
        {
            if (values[lane] > value || (values[lane] == value && rows[lane] < row))
                (row, value) = (rows[lane], values[lane]);
        }
        return ((int)row, value);
    }
}
