using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Orrery.Training.Features;

namespace Orrery.Training.Solvers;

/// <summary>
/// Products of float32 matrices. A number of the result is one chain of fused multiply-adds in the order of the inner
/// dimension, whatever the vector width, the tile it falls in or the number of threads: the same inputs give the same bits.
/// </summary>
internal static unsafe class Gemm
{
    /// <summary>Columns of a tile. The right matrix and the result are padded to a multiple of it.</summary>
    internal const int TileColumns = 32;

    // A packed slab of the right matrix (256 x 32 floats = 32 KB) stays in the first-level cache while rows stream by.
    private const int SlabDepth = 256;

    // Rows of one task: enough that packing a slab is paid back, few enough that all cores find work.
    private const int TaskRows = 96;

    /// <summary>The width of rows that <paramref name="columns"/> columns are padded to.</summary>
    internal static int Pad(int columns) => (columns + TileColumns - 1) / TileColumns * TileColumns;

    /// <summary>A matrix with its columns padded by zeros, as the right side of a product.</summary>
    internal static Matrix Padded(Matrix matrix)
    {
        var result = new Matrix(matrix.Rows, Pad(matrix.Columns));
        for (int row = 0; row < matrix.Rows; row++)
            matrix.Row(row).CopyTo(result.Row(row));
        return result;
    }

    /// <summary><paramref name="left"/> [m, k] times <paramref name="right"/> [k, padded n], over all cores.</summary>
    internal static Matrix Multiply(Matrix left, Matrix right, CancellationToken cancellationToken = default)
    {
        var result = new Matrix(left.Rows, right.Columns);
        int tasks = (left.Rows + TaskRows - 1) / TaskRows;
        Parallel.For(0, tasks, new ParallelOptions { CancellationToken = cancellationToken }, task =>
        {
            int start = task * TaskRows, rows = Math.Min(TaskRows, left.Rows - start);
            Multiply(
                left.Values[(start * left.Columns)..], left.Columns, right.Values, right.Columns,
                result.Values[(start * right.Columns)..], right.Columns, rows, right.Columns, left.Columns, accumulate: false);
        });
        return result;
    }

    /// <summary>c [m, n] = or += a [m, k] b [k, n] on this thread.</summary>
    /// <param name="a">The left matrix.</param>
    /// <param name="lda">Floats from one row of <paramref name="a"/> to the next.</param>
    /// <param name="b">The right matrix.</param>
    /// <param name="ldb">Floats from one row of <paramref name="b"/> to the next.</param>
    /// <param name="c">The result.</param>
    /// <param name="ldc">Floats from one row of <paramref name="c"/> to the next.</param>
    /// <param name="m">Rows of the result.</param>
    /// <param name="n">Columns of the result: a multiple of <see cref="TileColumns"/>.</param>
    /// <param name="k">The inner dimension.</param>
    /// <param name="accumulate">Whether the product is added to what <paramref name="c"/> holds.</param>
    internal static void Multiply(
        ReadOnlySpan<float> a, int lda, ReadOnlySpan<float> b, int ldb, Span<float> c, int ldc, int m, int n, int k, bool accumulate)
    {
        float* slab = stackalloc float[SlabDepth * TileColumns];
        fixed (float* pa = a)
        fixed (float* pb = b)
        fixed (float* pc = c)
        {
            for (int k0 = 0; k0 < k; k0 += SlabDepth)
            {
                int depth = Math.Min(SlabDepth, k - k0);
                for (int column = 0; column < n; column += TileColumns)
                {
                    Pack(pb + (nint)k0 * ldb + column, ldb, slab, depth);
                    MultiplySlab(pa + k0, lda, slab, pc + column, ldc, m, depth, accumulate || k0 > 0);
                }
            }
        }
    }

    private static void Pack(float* b, int ldb, float* slab, int depth)
    {
        for (int p = 0; p < depth; p++)
            new ReadOnlySpan<float>(b + (nint)p * ldb, TileColumns).CopyTo(new Span<float>(slab + p * TileColumns, TileColumns));
    }

    private static void MultiplySlab(float* a, int lda, float* slab, float* c, int ldc, int m, int depth, bool accumulate)
    {
        int row = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; row + 6 <= m; row += 6)
                SixRows(a + (nint)row * lda, lda, slab, c + (nint)row * ldc, ldc, depth, accumulate);
        }
        else
        {
            for (; row + 3 <= m; row += 3)
                ThreeRows(a + (nint)row * lda, lda, slab, c + (nint)row * ldc, ldc, depth, accumulate);
        }
        for (; row < m; row++)
            OneRow(a + (nint)row * lda, slab, c + (nint)row * ldc, depth, accumulate);
    }

    // Compiled at its best at once: a short training would run half its time in the first, slow tier.
    // 12 accumulators of 16 lanes hide the latency of the multiply-add on two ports.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixRows(float* a, int lda, float* b, float* c, int ldc, int depth, bool accumulate)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector512<float> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        float* a1 = a + lda, a2 = a1 + lda, a3 = a2 + lda, a4 = a3 + lda, a5 = a4 + lda;
        float* r1 = c + ldc, r2 = r1 + ldc, r3 = r2 + ldc, r4 = r3 + ldc, r5 = r4 + ldc;
        if (accumulate)
        {
            (c00, c01) = (Vector512.Load(c), Vector512.Load(c + 16));
            (c10, c11) = (Vector512.Load(r1), Vector512.Load(r1 + 16));
            (c20, c21) = (Vector512.Load(r2), Vector512.Load(r2 + 16));
            (c30, c31) = (Vector512.Load(r3), Vector512.Load(r3 + 16));
            (c40, c41) = (Vector512.Load(r4), Vector512.Load(r4 + 16));
            (c50, c51) = (Vector512.Load(r5), Vector512.Load(r5 + 16));
        }
        for (int p = 0; p < depth; p++, b += TileColumns)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + 16);
            var v = Vector512.Create(a[p]);
            c00 = Vector512.FusedMultiplyAdd(v, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(v, b1, c01);
            v = Vector512.Create(a1[p]);
            c10 = Vector512.FusedMultiplyAdd(v, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(v, b1, c11);
            v = Vector512.Create(a2[p]);
            c20 = Vector512.FusedMultiplyAdd(v, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(v, b1, c21);
            v = Vector512.Create(a3[p]);
            c30 = Vector512.FusedMultiplyAdd(v, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(v, b1, c31);
            v = Vector512.Create(a4[p]);
            c40 = Vector512.FusedMultiplyAdd(v, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(v, b1, c41);
            v = Vector512.Create(a5[p]);
            c50 = Vector512.FusedMultiplyAdd(v, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(v, b1, c51);
        }
        c00.Store(c);
        c01.Store(c + 16);
        c10.Store(r1);
        c11.Store(r1 + 16);
        c20.Store(r2);
        c21.Store(r2 + 16);
        c30.Store(r3);
        c31.Store(r3 + 16);
        c40.Store(r4);
        c41.Store(r4 + 16);
        c50.Store(r5);
        c51.Store(r5 + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ThreeRows(float* a, int lda, float* b, float* c, int ldc, int depth, bool accumulate)
    {
        Vector256<float> c00 = default, c01 = default, c02 = default, c03 = default;
        Vector256<float> c10 = default, c11 = default, c12 = default, c13 = default;
        Vector256<float> c20 = default, c21 = default, c22 = default, c23 = default;
        float* a1 = a + lda, a2 = a1 + lda, r1 = c + ldc, r2 = r1 + ldc;
        if (accumulate)
        {
            (c00, c01, c02, c03) = (Vector256.Load(c), Vector256.Load(c + 8), Vector256.Load(c + 16), Vector256.Load(c + 24));
            (c10, c11, c12, c13) = (Vector256.Load(r1), Vector256.Load(r1 + 8), Vector256.Load(r1 + 16), Vector256.Load(r1 + 24));
            (c20, c21, c22, c23) = (Vector256.Load(r2), Vector256.Load(r2 + 8), Vector256.Load(r2 + 16), Vector256.Load(r2 + 24));
        }
        for (int p = 0; p < depth; p++, b += TileColumns)
        {
            Vector256<float> v0 = Vector256.Create(a[p]), v1 = Vector256.Create(a1[p]), v2 = Vector256.Create(a2[p]);
            var column = Vector256.Load(b);
            c00 = Vector256.FusedMultiplyAdd(v0, column, c00);
            c10 = Vector256.FusedMultiplyAdd(v1, column, c10);
            c20 = Vector256.FusedMultiplyAdd(v2, column, c20);
            column = Vector256.Load(b + 8);
            c01 = Vector256.FusedMultiplyAdd(v0, column, c01);
            c11 = Vector256.FusedMultiplyAdd(v1, column, c11);
            c21 = Vector256.FusedMultiplyAdd(v2, column, c21);
            column = Vector256.Load(b + 16);
            c02 = Vector256.FusedMultiplyAdd(v0, column, c02);
            c12 = Vector256.FusedMultiplyAdd(v1, column, c12);
            c22 = Vector256.FusedMultiplyAdd(v2, column, c22);
            column = Vector256.Load(b + 24);
            c03 = Vector256.FusedMultiplyAdd(v0, column, c03);
            c13 = Vector256.FusedMultiplyAdd(v1, column, c13);
            c23 = Vector256.FusedMultiplyAdd(v2, column, c23);
        }
        Store(c, c00, c01, c02, c03);
        Store(r1, c10, c11, c12, c13);
        Store(r2, c20, c21, c22, c23);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRow(float* a, float* b, float* c, int depth, bool accumulate)
    {
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default;
        if (accumulate)
            (c0, c1, c2, c3) = (Vector256.Load(c), Vector256.Load(c + 8), Vector256.Load(c + 16), Vector256.Load(c + 24));
        for (int p = 0; p < depth; p++, b += TileColumns)
        {
            var v = Vector256.Create(a[p]);
            c0 = Vector256.FusedMultiplyAdd(v, Vector256.Load(b), c0);
            c1 = Vector256.FusedMultiplyAdd(v, Vector256.Load(b + 8), c1);
            c2 = Vector256.FusedMultiplyAdd(v, Vector256.Load(b + 16), c2);
            c3 = Vector256.FusedMultiplyAdd(v, Vector256.Load(b + 24), c3);
        }
        Store(c, c0, c1, c2, c3);
    }

    private static void Store(float* c, Vector256<float> c0, Vector256<float> c1, Vector256<float> c2, Vector256<float> c3)
    {
        c0.Store(c);
        c1.Store(c + 8);
        c2.Store(c + 16);
        c3.Store(c + 24);
    }
}
