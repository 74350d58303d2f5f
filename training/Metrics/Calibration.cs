namespace Orrery.Training.Metrics;

/// <summary>Whether probabilities are what they say: of the rows given a probability of 0.8, 80 % should be right.</summary>
/// <param name="Bins">The bins that have rows, from low to high.</param>
/// <param name="ExpectedError">The expected calibration error: the mean of |probability - share| over bins, weighted by their rows (Guo et al. 2017). NaN without rows.</param>
public sealed record Calibration(IReadOnlyList<CalibrationBin> Bins, double ExpectedError)
{
    /// <summary>Sorts rows into bins of equal width; a probability on an edge belongs to the lower bin (scikit-learn's calibration_curve, strategy uniform).</summary>
    /// <param name="outcomes">Whether what the probability speaks of came true, for each row.</param>
    /// <param name="probabilities">The probability of each row, from 0 to 1.</param>
    /// <param name="bins">The number of bins, 1 or more.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a probability is outside 0 to 1.</exception>
    public static Calibration Of(ReadOnlySpan<bool> outcomes, ReadOnlySpan<float> probabilities, int bins = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        if (outcomes.Length != probabilities.Length)
            throw new ArgumentException($"{outcomes.Length} outcomes have {probabilities.Length} probabilities", nameof(probabilities));
        int[] rows = new int[bins], right = new int[bins];
        double[] sums = new double[bins];
        double width = 1.0 / bins;
        for (int i = 0; i < outcomes.Length; i++)
        {
            double probability = probabilities[i];
            if (!(probability >= 0 && probability <= 1))
                throw new ArgumentException($"row {i} has probability {probability}", nameof(probabilities));
            int bin = Math.Min((int)(probability / width), bins - 1);
            // The quotient may round across an edge either way.
            while (bin > 0 && probability <= bin * width)
                bin--;
            while (bin < bins - 1 && probability > (bin + 1) * width)
                bin++;
            rows[bin]++;
            right[bin] += outcomes[i] ? 1 : 0;
            sums[bin] += probability;
        }
        List<CalibrationBin> filled = [];
        double error = 0;
        for (int bin = 0; bin < bins; bin++)
        {
            if (rows[bin] == 0)
                continue;
            filled.Add(new CalibrationBin(sums[bin] / rows[bin], (double)right[bin] / rows[bin], rows[bin]));
            error += Math.Abs(sums[bin] - right[bin]);
        }
        return new Calibration(filled, error / outcomes.Length);
    }
}

/// <summary>The rows whose probabilities are close.</summary>
/// <param name="Predicted">The mean of their probabilities.</param>
/// <param name="Actual">The share of them for which it came true.</param>
/// <param name="Rows">Their number.</param>
public readonly record struct CalibrationBin(double Predicted, double Actual, int Rows);
