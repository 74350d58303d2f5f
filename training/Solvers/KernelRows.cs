using System.Numerics.Tensors;
using Orrery.Training.Features;

namespace Orrery.Training.Solvers;

/// <summary>
/// Rows of the kernel matrix exp(-gamma |x - y|²). Where all of them fit the budget they are computed at once and shared
/// by every machine and thread; otherwise those used last are kept, and one thread at a time may ask.
/// </summary>
internal sealed class KernelRows
{
    // All rows of 16,000 texts, where there is memory for them.
    private const long LargestBudget = 1L << 30;

    private readonly Matrix _rows;
    private readonly Matrix _columns;
    private readonly float[] _norms;
    private readonly double _gamma;
    private readonly float[]?[] _kept;
    private readonly long[] _used;
    private readonly int _capacity;
    private long _clock;
    private int _count;

    /// <summary>The kernel over <paramref name="rows"/>.</summary>
    /// <param name="rows">The rows [n, d].</param>
    /// <param name="gamma">The width, above 0.</param>
    /// <param name="cancellationToken">Ends the computing of all rows.</param>
    /// <param name="budget">Bytes that kept rows may take; null for a quarter of the memory, at most 1 GiB. The numbers do not depend on it.</param>
    internal KernelRows(Matrix rows, double gamma, CancellationToken cancellationToken, long? budget = null)
    {
        long bytes = budget ?? Math.Min(LargestBudget, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);
        (_rows, _gamma, _kept) = (rows, gamma, new float[]?[rows.Rows]);
        _columns = Gemm.Padded(rows.Transpose());
        _norms = Norms(rows, _columns.Columns);
        _used = new long[rows.Rows];
        _capacity = (int)Math.Clamp(bytes / (sizeof(float) * (long)_columns.Columns), 2, int.MaxValue);
        IsComplete = _capacity >= rows.Rows;
        if (IsComplete)
            ComputeAll(cancellationToken);
    }

    /// <summary>The number of rows.</summary>
    internal int Count => _rows.Rows;

    /// <summary>Whether all rows are there, for any thread.</summary>
    internal bool IsComplete { get; }

    /// <summary>The kernel of one row with every row. Where not all are kept: valid until two other rows were asked for.</summary>
    internal ReadOnlySpan<float> this[int row]
    {
        get
        {
            if (!IsComplete)
                _used[row] = ++_clock;
            return (_kept[row] ?? Compute(row)).AsSpan(0, Count);
        }
    }

    /// <summary>Squares of the lengths of the rows, padded by zeros to <paramref name="length"/>.</summary>
    internal static float[] Norms(Matrix rows, int length)
    {
        float[] norms = new float[length];
        for (int row = 0; row < rows.Rows; row++)
            norms[row] = TensorPrimitives.SumOfSquares<float>(rows.Row(row));
        return norms;
    }

    /// <summary>Turns inner products of one row with others into kernel values, in place.</summary>
    /// <param name="products">The inner products.</param>
    /// <param name="norm">The row's squared length.</param>
    /// <param name="norms">The others' squared lengths.</param>
    /// <param name="gamma">The width.</param>
    internal static void FromProducts(Span<float> products, float norm, ReadOnlySpan<float> norms, double gamma)
    {
        TensorPrimitives.MultiplyAdd(products, -2f, norms, products);
        TensorPrimitives.Add(products, norm, products);
        // Rounding can make the distance of equal rows negative.
        TensorPrimitives.Max(products, 0f, products);
        TensorPrimitives.Multiply(products, -(float)gamma, products);
        TensorPrimitives.Exp(products, products);
    }

    private void ComputeAll(CancellationToken cancellationToken)
    {
        const int TaskRows = 48;
        Parallel.For(0, (Count + TaskRows - 1) / TaskRows, new ParallelOptions { CancellationToken = cancellationToken }, task =>
        {
            int start = task * TaskRows, count = Math.Min(TaskRows, Count - start), width = _columns.Columns;
            float[] block = new float[count * width];
            Gemm.Multiply(
                _rows.Values[(start * _rows.Columns)..], _rows.Columns, _columns.Values, width,
                block, width, count, width, _rows.Columns, accumulate: false);
            for (int i = 0; i < count; i++)
            {
                float[] row = block.AsSpan(i * width, width).ToArray();
                Finish(row, start + i);
                _kept[start + i] = row;
            }
        });
    }

    private float[] Compute(int row)
    {
        // The row unused for longest gives its memory to the new one.
        float[]? values = null;
        if (_count == _capacity)
        {
            int oldest = -1;
            for (int i = 0; i < _kept.Length; i++)
            {
                if (_kept[i] is not null && (oldest < 0 || _used[i] < _used[oldest]))
                    oldest = i;
            }
            (values, _kept[oldest]) = (_kept[oldest], null);
            _count--;
        }
        int width = _columns.Columns;
        values ??= new float[width];
        float[] target = values;
        Parallel.For(0, width / Gemm.TileColumns, tile =>
        {
            int column = tile * Gemm.TileColumns;
            Gemm.Multiply(
                _rows.Row(row), _rows.Columns, _columns.Values[column..], width,
                target.AsSpan(column), width, 1, Gemm.TileColumns, _rows.Columns, accumulate: false);
        });
        Finish(target, row);
        _count++;
        return _kept[row] = target;
    }

    private void Finish(float[] row, int index)
    {
        FromProducts(row, _norms[index], _norms, _gamma);
        row[index] = 1;
    }
}
