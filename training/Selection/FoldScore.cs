using Orrery.Training.Features;

namespace Orrery.Training.Selection;

/// <summary>How well a head told the classes of rows that it was not trained on.</summary>
/// <param name="Accuracy">The share of rows whose most probable class is theirs.</param>
/// <param name="MacroF1">The mean over classes of the harmonic mean of precision and recall; 0 for a class that is never right.</param>
/// <param name="LogLoss">The mean negative natural logarithm of the probability of a row's class.</param>
public sealed record FoldScore(double Accuracy, double MacroF1, double LogLoss)
{
    // Probabilities are float32: below this they are as good as 0, whose logarithm has no value.
    private const double SmallestProbability = 1e-15;

    /// <summary>The number that a metric names; larger is better, so the logarithmic loss is negated.</summary>
    public double Get(SelectionMetric metric) => metric switch
    {
        SelectionMetric.Accuracy => Accuracy,
        SelectionMetric.MacroF1 => MacroF1,
        _ => -LogLoss,
    };

    /// <summary>Measures probabilities [n, classes] against the classes of the rows.</summary>
    internal static FoldScore Of(Matrix probabilities, ReadOnlySpan<int> labels)
    {
        int classes = probabilities.Columns, right = 0;
        int[] hits = new int[classes], told = new int[classes], there = new int[classes];
        double loss = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            var values = probabilities.Row(row);
            int best = 0, label = labels[row];
            for (int c = 1; c < classes; c++)
                best = values[c] > values[best] ? c : best;
            there[label]++;
            told[best]++;
            hits[label] += best == label ? 1 : 0;
            right += best == label ? 1 : 0;
            loss -= Math.Log(Math.Max(values[label], SmallestProbability));
        }
        double f1 = 0;
        for (int c = 0; c < classes; c++)
            f1 += there[c] + told[c] == 0 ? 0 : 2.0 * hits[c] / (there[c] + told[c]);
        return new FoldScore((double)right / labels.Length, f1 / classes, loss / labels.Length);
    }

    /// <summary>The mean of some scores.</summary>
    internal static FoldScore Mean(IReadOnlyList<FoldScore> scores) =>
        new(scores.Average(s => s.Accuracy), scores.Average(s => s.MacroF1), scores.Average(s => s.LogLoss));
}

/// <summary>What is compared when a head is chosen.</summary>
public enum SelectionMetric
{
    /// <summary>The share of rows that are right.</summary>
    Accuracy,

    /// <summary>The mean F1 over classes.</summary>
    MacroF1,

    /// <summary>The logarithmic loss.</summary>
    LogLoss,
}
