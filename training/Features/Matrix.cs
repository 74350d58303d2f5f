namespace Orrery.Training.Features;

/// <summary>Rows of float32 numbers in one row-major block: embeddings in, scores or probabilities out.</summary>
public sealed class Matrix
{
    private readonly Memory<float> _values;

    /// <summary>A matrix of zeros.</summary>
    /// <param name="rows">Rows, 0 or more.</param>
    /// <param name="columns">Columns, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative, or their product more than an array holds.</exception>
    public Matrix(int rows, int columns)
        : this(rows, columns, new float[Length(rows, columns)])
    {
    }

    /// <summary>A matrix over memory of the caller's, which is not copied.</summary>
    /// <param name="rows">Rows, 0 or more.</param>
    /// <param name="columns">Columns, 0 or more.</param>
    /// <param name="values">The numbers, row by row: exactly <c>rows * columns</c>.</param>
    /// <exception cref="ArgumentException">The block has another length.</exception>
    public Matrix(int rows, int columns, Memory<float> values)
    {
        if (values.Length != Length(rows, columns))
            throw new ArgumentException($"{values.Length} numbers are not {rows} rows of {columns}.", nameof(values));
        (Rows, Columns, _values) = (rows, columns, values);
    }

    /// <summary>The number of rows.</summary>
    public int Rows { get; }

    /// <summary>The number of columns.</summary>
    public int Columns { get; }

    /// <summary>All numbers, row by row.</summary>
    public Span<float> Values => _values.Span;

    /// <summary>The block itself, row by row.</summary>
    public Memory<float> Memory => _values;

    /// <summary>One row.</summary>
    public Span<float> Row(int row) => _values.Span.Slice(row * Columns, Columns);

    /// <summary>A copy of some rows, in the order of their indexes; an index may come more than once.</summary>
    public Matrix Gather(ReadOnlySpan<int> rows)
    {
        var result = new Matrix(rows.Length, Columns);
        for (int i = 0; i < rows.Length; i++)
            Row(rows[i]).CopyTo(result.Row(i));
        return result;
    }

    /// <summary>A copy with rows and columns exchanged.</summary>
    internal Matrix Transpose()
    {
        // Tiles of 32: one row's line of cache serves as many rows of the other.
        const int Tile = 32;
        var result = new Matrix(Columns, Rows);
        ReadOnlySpan<float> from = Values;
        var to = result.Values;
        for (int i0 = 0; i0 < Rows; i0 += Tile)
        {
            int rowEnd = Math.Min(Rows, i0 + Tile);
            for (int j0 = 0; j0 < Columns; j0 += Tile)
            {
                int columnEnd = Math.Min(Columns, j0 + Tile);
                for (int i = i0; i < rowEnd; i++)
                {
                    for (int j = j0; j < columnEnd; j++)
                        to[j * Rows + i] = from[i * Columns + j];
                }
            }
        }
        return result;
    }

    private static int Length(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)rows * columns, Array.MaxLength, nameof(rows));
        return rows * columns;
    }
}
