namespace Orrery.Training.Solvers;

/// <summary>P(y = 1 | f) = 1 / (1 + exp(A f + B)).</summary>
/// <param name="A">The slope, below 0 where larger scores mean class 1.</param>
/// <param name="B">The offset.</param>
internal readonly record struct Sigmoid(double A, double B);

/// <summary>
/// Platt's calibration of scores by Newton's method with backtracking: Lin, Lin and Weng, A Note on Platt's Probabilistic
/// Outputs for Support Vector Machines, Machine Learning 68 (2007), appendix.
/// </summary>
internal static class Platt
{
    private const int MaxIterations = 100;
    private const double SmallestStep = 1e-10;
    private const double Ridge = 1e-12;
    private const double Tolerance = 1e-5;

    /// <summary>Fits a sigmoid to scores of rows that the scoring machine was not trained on.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="positive">Whether each row is of the class.</param>
    /// <param name="weights">How much each row counts.</param>
    internal static Sigmoid Fit(ReadOnlySpan<float> scores, ReadOnlySpan<bool> positive, ReadOnlySpan<float> weights)
    {
        double positives = 0, negatives = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            positives += positive[i] ? weights[i] : 0;
            negatives += positive[i] ? 0 : weights[i];
        }
        // Targets a little off 0 and 1, as if one more row of each class had been seen.
        double high = (positives + 1.0) / (positives + 2), low = 1.0 / (negatives + 2);
        double a = 0, b = Math.Log((negatives + 1.0) / (positives + 1));
        double value = Loss(scores, positive, weights, high, low, a, b);
        for (int iteration = 0; iteration < MaxIterations; iteration++)
        {
            double h11 = Ridge, h22 = Ridge, h21 = 0, g1 = 0, g2 = 0;
            for (int i = 0; i < scores.Length; i++)
            {
                double score = scores[i], z = score * a + b, tail = Math.Exp(-Math.Abs(z));
                double p = (z >= 0 ? tail : 1) / (1 + tail), q = (z >= 0 ? 1 : tail) / (1 + tail);
                double curvature = weights[i] * p * q, slope = weights[i] * ((positive[i] ? high : low) - p);
                h11 += score * score * curvature;
                h22 += curvature;
                h21 += score * curvature;
                g1 += score * slope;
                g2 += slope;
            }
            if (Math.Abs(g1) < Tolerance && Math.Abs(g2) < Tolerance)
                break;
            double determinant = h11 * h22 - h21 * h21;
            double da = -(h22 * g1 - h21 * g2) / determinant, db = -(h11 * g2 - h21 * g1) / determinant;
            double descent = g1 * da + g2 * db, step = 1;
            for (; step >= SmallestStep; step /= 2)
            {
                double tried = Loss(scores, positive, weights, high, low, a + step * da, b + step * db);
                if (tried < value + 1e-4 * step * descent)
                {
                    (a, b, value) = (a + step * da, b + step * db, tried);
                    break;
                }
            }
            if (step < SmallestStep)
                break;
        }
        return new Sigmoid(a, b);
    }

    private static double Loss(
        ReadOnlySpan<float> scores, ReadOnlySpan<bool> positive, ReadOnlySpan<float> weights, double high, double low, double a, double b)
    {
        double sum = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            double z = scores[i] * a + b, target = positive[i] ? high : low;
            sum += weights[i] * ((z >= 0 ? target * z : (target - 1) * z) + Math.Log(1 + Math.Exp(-Math.Abs(z))));
        }
        return sum;
    }
}
