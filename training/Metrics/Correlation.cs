namespace Orrery.Training.Metrics;

/// <summary>How two measurements of the same rows go together.</summary>
public static class Correlation
{
    /// <summary>Pearson's coefficient, from -1 to 1; NaN when there are fewer than two rows or one of the two does not vary.</summary>
    /// <param name="x">One measurement.</param>
    /// <param name="y">The other, of as many rows.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Pearson(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"{x.Length} and {y.Length} rows are given", nameof(y));
        double meanX = Mean(x), meanY = Mean(y), both = 0, squaresX = 0, squaresY = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double dx = x[i] - meanX, dy = y[i] - meanY;
            both += dx * dy;
            squaresX += dx * dx;
            squaresY += dy * dy;
        }
        // The two roots are taken apart because the product of the sums could leave the range of double.
        return Math.Clamp(both / (Math.Sqrt(squaresX) * Math.Sqrt(squaresY)), -1, 1);
    }

    /// <summary>Spearman's coefficient: Pearson's of the ranks, equal values sharing the mean of their ranks.</summary>
    /// <param name="x">One measurement.</param>
    /// <param name="y">The other, of as many rows.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Spearman(ReadOnlySpan<double> x, ReadOnlySpan<double> y) =>
        HasNaN(x) || HasNaN(y) ? double.NaN : Pearson(Ranks(x), Ranks(y));

    private static double[] Ranks(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        int[] order = new int[sorted.Length];
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort(sorted, order);
        double[] ranks = new double[sorted.Length];
        for (int from = 0, to; from < sorted.Length; from = to)
        {
            for (to = from + 1; to < sorted.Length && sorted[to] == sorted[from];)
                to++;
            for (int i = from; i < to; i++)
                ranks[order[i]] = (from + to + 1) / 2.0;
        }
        return ranks;
    }

    private static bool HasNaN(ReadOnlySpan<double> values) => System.Numerics.Tensors.TensorPrimitives.IsNaNAny(values);

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
            sum += value;
        return sum / values.Length;
    }
}
