namespace Orrery.Training.Metrics;

/// <summary>
/// What every threshold over one score would do: for each different score, from the highest, how many positive and negative
/// rows have at least it. From this come the ROC and precision-recall curves, their areas, and the choice of a threshold.
/// Defined as in scikit-learn's roc_curve, precision_recall_curve and average_precision_score, with all thresholds kept.
/// </summary>
public sealed class RankedScores
{
    private readonly float[] _thresholds;
    private readonly int[] _true, _false;

    /// <summary>Ranks rows.</summary>
    /// <param name="positive">Whether each row is of the class.</param>
    /// <param name="scores">The score of each row, as many; higher for the class. Not NaN.</param>
    /// <exception cref="ArgumentException">The lengths differ or a score is NaN.</exception>
    public RankedScores(ReadOnlySpan<bool> positive, ReadOnlySpan<float> scores)
    {
        if (positive.Length != scores.Length)
            throw new ArgumentException($"{positive.Length} rows have {scores.Length} scores", nameof(scores));
        float[] keys = scores.ToArray();
        bool[] labels = positive.ToArray();
        if (Array.FindIndex(keys, float.IsNaN) is >= 0 and var row)
            throw new ArgumentException($"the score of row {row} is NaN", nameof(scores));
        Array.Sort(keys, labels);
        List<float> thresholds = [];
        List<int> hits = [], alarms = [];
        for (int i = keys.Length - 1, hit = 0; i >= 0; i--)
        {
            hit += labels[i] ? 1 : 0;
            if (i > 0 && keys[i - 1] == keys[i])
                continue;
            thresholds.Add(keys[i]);
            hits.Add(hit);
            alarms.Add(keys.Length - i - hit);
        }
        (_thresholds, _true, _false) = ([.. thresholds], [.. hits], [.. alarms]);
    }

    /// <summary>Rows of the class.</summary>
    public int Positives => _true.Length == 0 ? 0 : _true[^1];

    /// <summary>Rows that are not of it.</summary>
    public int Negatives => _false.Length == 0 ? 0 : _false[^1];

    /// <summary>The area under the ROC curve, ties counted half; NaN without rows on both sides.</summary>
    public double RocAuc
    {
        get
        {
            double area = 0;
            int before = 0, alarms = 0;
            for (int i = 0; i < _true.Length; i++)
            {
                area += (_false[i] - alarms) * 0.5 * ((double)_true[i] + before);
                (before, alarms) = (_true[i], _false[i]);
            }
            return area / ((double)Positives * Negatives);
        }
    }

    /// <summary>The mean precision, weighted by the recall gained at each threshold; NaN without rows of the class.</summary>
    public double AveragePrecision
    {
        get
        {
            double sum = 0;
            for (int i = 0; i < _true.Length; i++)
                sum += (_true[i] - (i == 0 ? 0 : _true[i - 1])) * Precision(i);
            return sum / Positives;
        }
    }

    /// <summary>
    /// The ROC curve: x is the share of negatives above the threshold, y that of positives, from (0, 0) at an infinite
    /// threshold to (1, 1). Empty without rows on both sides.
    /// </summary>
    public IReadOnlyList<CurvePoint> Roc() => Positives == 0 || Negatives == 0 ? [] :
        [new CurvePoint(0, 0, float.PositiveInfinity), .. _thresholds.Select((threshold, i) =>
            new CurvePoint((double)_false[i] / Negatives, (double)_true[i] / Positives, threshold))];

    /// <summary>
    /// The precision-recall curve: x is recall, y precision, from (0, 1) at an infinite threshold to recall 1. Empty
    /// without rows of the class.
    /// </summary>
    public IReadOnlyList<CurvePoint> PrecisionRecall() => Positives == 0 ? [] :
        [new CurvePoint(0, 1, float.PositiveInfinity), .. _thresholds.Select((threshold, i) =>
            new CurvePoint(Recall(i), Precision(i), threshold))];

    /// <summary>The threshold with the best F1, of equals the highest; null without rows of the class.</summary>
    public OperatingPoint? BestF1()
    {
        int best = -1;
        for (int i = 0; i < _true.Length && Positives > 0; i++)
            best = best < 0 || F1(i) > F1(best) ? i : best;
        return best < 0 ? null : Point(best);
    }

    /// <summary>The threshold with the highest recall among those with this precision or more, of equals the more precise; null when none has it.</summary>
    /// <param name="precision">From 0 to 1.</param>
    public OperatingPoint? ForPrecision(double precision)
    {
        int best = -1;
        for (int i = 0; i < _true.Length && Positives > 0; i++)
            best = Precision(i) >= precision && (best < 0 || _true[i] > _true[best]) ? i : best;
        return best < 0 ? null : Point(best);
    }

    /// <summary>The threshold with the highest precision among those with this recall or more, of equals the higher recall; null without rows of the class.</summary>
    /// <param name="recall">From 0 to 1.</param>
    public OperatingPoint? ForRecall(double recall)
    {
        int best = -1;
        for (int i = 0; i < _true.Length && Positives > 0; i++)
            best = Recall(i) >= recall && (best < 0 || Precision(i) >= Precision(best)) ? i : best;
        return best < 0 ? null : Point(best);
    }

    private double Precision(int i) => (double)_true[i] / (_true[i] + _false[i]);
    private double Recall(int i) => (double)_true[i] / Positives;
    private double F1(int i) => 2.0 * _true[i] / (Positives + _true[i] + _false[i]);
    private OperatingPoint Point(int i) => new(_thresholds[i], Precision(i), Recall(i), F1(i));
}

/// <summary>A point of a curve.</summary>
/// <param name="X">From 0 to 1.</param>
/// <param name="Y">From 0 to 1.</param>
/// <param name="Threshold">The lowest score that counts as the class there.</param>
public readonly record struct CurvePoint(double X, double Y, float Threshold);

/// <summary>What a threshold does.</summary>
/// <param name="Threshold">A row is told to be of the class when its score is this or more.</param>
/// <param name="Precision">The precision then.</param>
/// <param name="Recall">The recall then.</param>
/// <param name="F1">The F1 then.</param>
public sealed record OperatingPoint(float Threshold, double Precision, double Recall, double F1);
