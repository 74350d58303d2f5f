namespace Orrery.Training.Metrics;

/// <summary>How good probabilities are as such, whatever class is told from them. Lower is better.</summary>
/// <param name="LogLoss">
/// The mean negative natural logarithm of the probability of a row's class. Probabilities are kept at least 2^-23 from 0
/// and 1 (float32's epsilon, as scikit-learn's log_loss keeps float32 numbers) and a row is brought to the sum 1.
/// </param>
/// <param name="Brier">
/// The mean squared error of the probabilities: of the second class for two classes (scikit-learn's brier_score_loss),
/// summed over the classes for more (Brier 1950).
/// </param>
public sealed record ProbabilityScore(double LogLoss, double Brier)
{
    private const double Epsilon = 1.0 / (1 << 23);

    /// <summary>Measures probabilities.</summary>
    /// <param name="actual">The class of each row, from 0 to <paramref name="classes"/> - 1.</param>
    /// <param name="probabilities">[rows, classes], from 0 to 1.</param>
    /// <param name="classes">The number of classes, 2 or more.</param>
    /// <returns>The scores; both NaN without rows.</returns>
    public static ProbabilityScore Of(ReadOnlySpan<int> actual, ReadOnlySpan<float> probabilities, int classes)
    {
        double loss = 0, brier = 0;
        for (int row = 0; row < actual.Length; row++)
        {
            var values = probabilities.Slice(row * classes, classes);
            double sum = 0;
            for (int c = 0; c < classes; c++)
            {
                sum += Math.Clamp((double)values[c], Epsilon, 1 - Epsilon);
                double error = values[c] - (c == actual[row] ? 1.0 : 0.0);
                brier += classes > 2 || c == 1 ? error * error : 0;
            }
            loss -= Math.Log(Math.Clamp((double)values[actual[row]], Epsilon, 1 - Epsilon) / sum);
        }
        return new ProbabilityScore(loss / actual.Length, brier / actual.Length);
    }
}
