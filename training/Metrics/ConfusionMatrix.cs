namespace Orrery.Training.Metrics;

/// <summary>How often a class was taken for another.</summary>
public sealed class ConfusionMatrix
{
    private readonly int[] _counts;

    /// <summary>Counts pairs of an actual and a predicted class.</summary>
    /// <param name="names">The names of the classes; their number bounds the values of the next two.</param>
    /// <param name="actual">The class of each row, from 0.</param>
    /// <param name="predicted">The class told for each row, from 0.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a class has no name.</exception>
    public ConfusionMatrix(IReadOnlyList<string> names, ReadOnlySpan<int> actual, ReadOnlySpan<int> predicted)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (actual.Length != predicted.Length)
            throw new ArgumentException($"{actual.Length} actual and {predicted.Length} predicted classes are given", nameof(predicted));
        Names = names;
        _counts = new int[names.Count * names.Count];
        for (int i = 0; i < actual.Length; i++)
        {
            if ((uint)actual[i] >= (uint)names.Count || (uint)predicted[i] >= (uint)names.Count)
                throw new ArgumentException($"row {i} has class {actual[i]} and is told {predicted[i]}; there are {names.Count} names", nameof(actual));
            _counts[actual[i] * names.Count + predicted[i]]++;
        }
        Rows = actual.Length;
    }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The number of rows counted.</summary>
    public int Rows { get; }

    /// <summary>How many rows of the class <paramref name="actual"/> were told to be <paramref name="predicted"/>.</summary>
    public int this[int actual, int predicted] => _counts[actual * Names.Count + predicted];

    /// <summary>The share of rows told right; NaN without rows.</summary>
    public double Accuracy
    {
        get
        {
            long right = 0;
            for (int c = 0; c < Names.Count; c++)
                right += this[c, c];
            return (double)right / Rows;
        }
    }

    /// <summary>The most frequent mistakes, most frequent first, equals in the order of the classes.</summary>
    /// <param name="most">The most to give.</param>
    public IReadOnlyList<Mistake> Mistakes(int most)
    {
        List<Mistake> mistakes = [];
        for (int a = 0; a < Names.Count; a++)
        {
            for (int p = 0; p < Names.Count; p++)
            {
                if (a != p && this[a, p] > 0)
                    mistakes.Add(new Mistake(a, p, this[a, p]));
            }
        }
        return [.. mistakes.OrderByDescending(mistake => mistake.Count).Take(most)];
    }

    /// <summary>Precision, recall and F1 of each class.</summary>
    public IReadOnlyList<ClassScore> Classes()
    {
        var scores = new ClassScore[Names.Count];
        for (int c = 0; c < scores.Length; c++)
        {
            int support = 0, told = 0, right = this[c, c];
            for (int other = 0; other < scores.Length; other++)
            {
                support += this[c, other];
                told += this[other, c];
            }
            scores[c] = new ClassScore(Names[c], Share(right, told), Share(right, support), Share(2 * right, told + support), support, told);
        }
        return scores;
    }

    private static double Share(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}

/// <summary>A class taken for another.</summary>
/// <param name="Actual">The class that it was.</param>
/// <param name="Predicted">The class that it was told to be.</param>
/// <param name="Count">How often.</param>
public readonly record struct Mistake(int Actual, int Predicted, int Count);

/// <summary>How well one class was told.</summary>
/// <param name="Name">The class.</param>
/// <param name="Precision">Of the rows told to be of it, the share that was; 0 when none was told.</param>
/// <param name="Recall">Of its rows, the share told to be of it; 0 when it has no rows.</param>
/// <param name="F1">The harmonic mean of the two; 0 when both are.</param>
/// <param name="Support">Its rows.</param>
/// <param name="Predicted">The rows told to be of it.</param>
public sealed record ClassScore(string Name, double Precision, double Recall, double F1, int Support, int Predicted);

/// <summary>A mean over classes.</summary>
/// <param name="Precision">Of their precisions.</param>
/// <param name="Recall">Of their recalls.</param>
/// <param name="F1">Of their F1.</param>
public sealed record AverageScore(double Precision, double Recall, double F1)
{
    /// <summary>Each class that has a row or was told counts the same (scikit-learn's macro average).</summary>
    public static AverageScore Macro(IReadOnlyList<ClassScore> classes) => Mean(classes, score => score.Support + score.Predicted > 0 ? 1 : 0);

    /// <summary>Each class counts as many times as it has rows.</summary>
    public static AverageScore Weighted(IReadOnlyList<ClassScore> classes) => Mean(classes, score => score.Support);

    private static AverageScore Mean(IReadOnlyList<ClassScore> classes, Func<ClassScore, double> weight)
    {
        double sum = classes.Sum(weight);
        return new AverageScore(
            classes.Sum(score => weight(score) * score.Precision) / sum,
            classes.Sum(score => weight(score) * score.Recall) / sum,
            classes.Sum(score => weight(score) * score.F1) / sum);
    }
}
