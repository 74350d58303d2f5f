using Orrery.Training.Features;

namespace Orrery.Training.Tests.Solvers;

/// <summary>Rows to test with.</summary>
internal static class Numbers
{
    internal static Matrix Random(Random random, int rows, int columns)
    {
        var matrix = new Matrix(rows, columns);
        foreach (ref float value in matrix.Values)
            value = (float)(2 * random.NextDouble() - 1);
        return matrix;
    }

    /// <summary>Overlapping clusters, classes in turn.</summary>
    internal static (Matrix Rows, int[] Labels) Clusters(int seed, int rows, int columns, int classes, double noise = 1)
    {
        var random = new Random(seed);
        Matrix centers = Random(random, classes, columns), result = Random(random, rows, columns);
        int[] labels = [.. Enumerable.Range(0, rows).Select(row => row % classes)];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                result.Row(row)[column] = (float)(noise * result.Row(row)[column] + centers.Row(labels[row])[column]);
        }
        return (result, labels);
    }
}
