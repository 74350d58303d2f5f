using System.Numerics.Tensors;
using Orrery.Training.Solvers;

namespace Orrery.Training.Features;

/// <summary>
/// What is done to a row before it is classified: the center is taken off, then columns are scaled, or all are projected.
/// </summary>
/// <param name="Center">What is taken off each column [d]; null for nothing.</param>
/// <param name="Scale">What each column is multiplied by [d]; null for nothing, and where there is a projection.</param>
/// <param name="Projection">The projection [d, m], with all scaling in it; null for none.</param>
internal sealed record FeatureMap(float[]? Center, float[]? Scale, Matrix? Projection)
{
    /// <summary>Changes nothing.</summary>
    internal static FeatureMap Identity { get; } = new(null, null, null);

    /// <summary>The rows [n, m] as the classifier sees them.</summary>
    internal Matrix Apply(Matrix rows, CancellationToken cancellationToken = default)
    {
        var scaled = Centered(rows);
        if (Scale is not null)
        {
            for (int row = 0; row < scaled.Rows; row++)
                TensorPrimitives.Multiply(scaled.Row(row), Scale, scaled.Row(row));
        }
        return Projection is null ? scaled : Times(scaled, Projection, cancellationToken);
    }

    /// <summary>The rows with the center taken off; the rows themselves where there is none.</summary>
    internal Matrix Centered(Matrix rows)
    {
        if (Center is null)
            return rows;
        var result = new Matrix(rows.Rows, rows.Columns);
        for (int row = 0; row < rows.Rows; row++)
            TensorPrimitives.Subtract(rows.Row(row), Center, result.Row(row));
        return result;
    }

    /// <summary>Weights [d, c] over centered rows that do what <paramref name="weights"/> [m, c] do over mapped ones.</summary>
    internal Matrix Fold(Matrix weights)
    {
        if (Projection is not null)
            return Times(Projection, weights, CancellationToken.None);
        if (Scale is null)
            return weights;
        var result = new Matrix(weights.Rows, weights.Columns);
        for (int row = 0; row < weights.Rows; row++)
            TensorPrimitives.Multiply(weights.Row(row), Scale[row], result.Row(row));
        return result;
    }

    /// <summary>A product without padding.</summary>
    internal static Matrix Times(Matrix left, Matrix right, CancellationToken cancellationToken)
    {
        var padded = Gemm.Multiply(left, Gemm.Padded(right), cancellationToken);
        if (padded.Columns == right.Columns)
            return padded;
        var result = new Matrix(left.Rows, right.Columns);
        for (int row = 0; row < left.Rows; row++)
            padded.Row(row)[..right.Columns].CopyTo(result.Row(row));
        return result;
    }
}
