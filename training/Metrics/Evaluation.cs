namespace Orrery.Training.Metrics;

/// <summary>All that is measured of a detector on labelled rows.</summary>
/// <remarks>
/// Rows whose label was not seen in training count as mistakes in <see cref="Confusion"/> and what follows from it. No
/// probability can be right for them, so <see cref="Probabilities"/>, <see cref="Ranked"/> and <see cref="Calibration"/>
/// leave them out; <see cref="Unseen"/> names and counts them.
/// </remarks>
public sealed record Evaluation
{
    private Evaluation(ConfusionMatrix confusion, int trained) => (Confusion, TrainedClasses) = (confusion, trained);

    /// <summary>The counts, over the trained classes and then the unseen labels.</summary>
    public ConfusionMatrix Confusion { get; }

    /// <summary>The number of classes that were trained: the first ones of <see cref="ConfusionMatrix.Names"/>.</summary>
    public int TrainedClasses { get; }

    /// <summary>Each class, in the order of <see cref="ConfusionMatrix.Names"/>.</summary>
    public IReadOnlyList<ClassScore> Classes { get; private init; } = [];

    /// <summary>The mean over classes.</summary>
    public required AverageScore Macro { get; init; }

    /// <summary>The mean over classes, weighted by their rows.</summary>
    public required AverageScore Weighted { get; init; }

    /// <summary>Log loss and Brier score.</summary>
    public required ProbabilityScore Probabilities { get; init; }

    /// <summary>
    /// Thresholds over the probability of one class against all others: for two classes of the second one only, else of each
    /// trained class in order.
    /// </summary>
    public IReadOnlyList<RankedScores> Ranked { get; private init; } = [];

    /// <summary>For two classes, of the probability of the second; for more, of the probability of the class told being right.</summary>
    public required Calibration Calibration { get; init; }

    /// <summary>The labels that training did not know, with their rows.</summary>
    public IReadOnlyList<ClassScore> Unseen => [.. Classes.Skip(TrainedClasses)];

    /// <summary>The mean area under the ROC curves of <see cref="Ranked"/>, of those classes that have rows on both sides; NaN when none has.</summary>
    public double RocAuc => Mean(Ranked.Where(ranked => ranked is { Positives: > 0, Negatives: > 0 }).Select(ranked => ranked.RocAuc));

    /// <summary>The mean average precision of <see cref="Ranked"/>, of those classes that have rows; NaN when none has.</summary>
    public double AveragePrecision => Mean(Ranked.Where(ranked => ranked.Positives > 0).Select(ranked => ranked.AveragePrecision));

    /// <summary>Measures.</summary>
    /// <param name="names">The names of the trained classes, 2 or more, and after them those of unseen labels.</param>
    /// <param name="trained">The number of trained classes.</param>
    /// <param name="actual">The class of each row, from 0 to names - 1.</param>
    /// <param name="predicted">The class told for each row, from 0 to trained - 1.</param>
    /// <param name="probabilities">[rows, trained], each from 0 to 1.</param>
    /// <returns>The measurements. With no row, most numbers are NaN.</returns>
    /// <exception cref="ArgumentException">Sizes do not agree, a class has no name, or a probability is NaN or outside 0 to 1.</exception>
    public static Evaluation Of(
        IReadOnlyList<string> names, int trained, ReadOnlySpan<int> actual, ReadOnlySpan<int> predicted, ReadOnlySpan<float> probabilities)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (trained < 2 || trained > names.Count)
            throw new ArgumentException($"{trained} classes are trained and {names.Count} have names; two are needed", nameof(trained));
        if (probabilities.Length != (long)actual.Length * trained)
            throw new ArgumentException($"{actual.Length} rows of {trained} classes have {probabilities.Length} probabilities", nameof(probabilities));
        for (int i = 0; i < probabilities.Length; i++)
        {
            if (!(probabilities[i] >= 0 && probabilities[i] <= 1))
                throw new ArgumentException($"row {i / trained} has the probability {probabilities[i]} for '{names[i % trained]}'", nameof(probabilities));
        }
        var confusion = new ConfusionMatrix(names, actual, predicted);
        var classes = confusion.Classes();
        var (known, told, given) = Known(trained, actual, predicted, probabilities);
        return new Evaluation(confusion, trained)
        {
            Classes = classes,
            Macro = AverageScore.Macro(classes),
            Weighted = AverageScore.Weighted(classes),
            Probabilities = ProbabilityScore.Of(known, given, trained),
            Ranked = trained == 2 ? [Rank(known, given, 2, 1)] : [.. Enumerable.Range(0, trained).Select(c => Rank(known, given, trained, c))],
            Calibration = Calibrate(known, told, given, trained),
        };
    }

    // The rows whose class was trained.
    private static (int[] Actual, int[] Predicted, float[] Probabilities) Known(
        int trained, ReadOnlySpan<int> actual, ReadOnlySpan<int> predicted, ReadOnlySpan<float> probabilities)
    {
        List<int> known = [], told = [];
        List<float> given = [];
        for (int row = 0; row < actual.Length; row++)
        {
            if (actual[row] >= trained)
                continue;
            known.Add(actual[row]);
            told.Add(predicted[row]);
            given.AddRange(probabilities.Slice(row * trained, trained));
        }
        return ([.. known], [.. told], [.. given]);
    }

    private static RankedScores Rank(int[] actual, float[] probabilities, int classes, int of) =>
        new(Array.ConvertAll(actual, label => label == of), Column(probabilities, classes, of));

    private static Calibration Calibrate(int[] actual, int[] predicted, float[] probabilities, int classes)
    {
        if (classes == 2)
            return Calibration.Of(Array.ConvertAll(actual, label => label == 1), Column(probabilities, 2, 1));
        bool[] right = new bool[actual.Length];
        float[] largest = new float[actual.Length];
        for (int row = 0; row < right.Length; row++)
            (right[row], largest[row]) = (actual[row] == predicted[row], probabilities[row * classes + predicted[row]]);
        return Calibration.Of(right, largest);
    }

    private static float[] Column(float[] probabilities, int classes, int column)
    {
        float[] values = new float[probabilities.Length / classes];
        for (int row = 0; row < values.Length; row++)
            values[row] = probabilities[row * classes + column];
        return values;
    }

    private static double Mean(IEnumerable<double> values) => values.DefaultIfEmpty(double.NaN).Average();
}
