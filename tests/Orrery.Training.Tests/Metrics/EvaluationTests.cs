using Orrery.Training.Metrics;

namespace Orrery.Training.Tests.Metrics;

public sealed class EvaluationTests
{
    private const double Tolerance = 1e-6;

    public static TheoryData<string> Names => [.. MetricsCases.Classification.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Counts_and_averages_are_those_of_scikit_learn(string name)
    {
        var (expected, evaluation) = Measure(name);

        for (int a = 0; a < expected.Classes; a++)
        {
            for (int p = 0; p < expected.Classes; p++)
                Assert.Equal(expected.Confusion[a][p], evaluation.Confusion[a, p]);
        }
        Assert.Equal(expected.Support, evaluation.Classes.Select(score => score.Support));
        Close(expected.Precision, evaluation.Classes.Select(score => score.Precision));
        Close(expected.Recall, evaluation.Classes.Select(score => score.Recall));
        Close(expected.F1, evaluation.Classes.Select(score => score.F1));
        Close([expected.Accuracy], [evaluation.Confusion.Accuracy]);
        Close(expected.Macro, [evaluation.Macro.Precision, evaluation.Macro.Recall, evaluation.Macro.F1]);
        Close(expected.Weighted, [evaluation.Weighted.Precision, evaluation.Weighted.Recall, evaluation.Weighted.F1]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Scores_of_probabilities_are_those_of_scikit_learn(string name)
    {
        var (expected, evaluation) = Measure(name);

        Close([expected.LogLoss, expected.Brier], [evaluation.Probabilities.LogLoss, evaluation.Probabilities.Brier]);
        if (expected.RocAuc is { } area)
            Close([area], [evaluation.RocAuc]);
        if (expected.Calibration is { } bins)
        {
            Close(bins.Share, evaluation.Calibration.Bins.Select(bin => bin.Actual));
            Close(bins.Mean, evaluation.Calibration.Bins.Select(bin => bin.Predicted));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Curves_and_their_areas_are_those_of_scikit_learn(string name)
    {
        var (expected, evaluation) = Measure(name);

        Assert.Equal(expected.Ranked.Length, evaluation.Ranked.Count);
        foreach (var (want, ranked) in expected.Ranked.Zip(evaluation.Ranked))
        {
            Assert.Equal(want.Auc is null, double.IsNaN(ranked.RocAuc));
            Assert.Equal(want.AveragePrecision is null, double.IsNaN(ranked.AveragePrecision));
            Close([want.Auc ?? double.NaN, want.AveragePrecision ?? double.NaN], [ranked.RocAuc, ranked.AveragePrecision]);
            Same(want.Roc, ranked.Roc());
            Same(want.PrecisionRecall, ranked.PrecisionRecall());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Thresholds_are_the_best_of_those_that_do_what_is_wanted(string name)
    {
        var (expected, evaluation) = Measure(name);

        foreach (var (want, ranked) in expected.Ranked.Zip(evaluation.Ranked))
        {
            Assert.Equal(want.BestF1?.Threshold, ranked.BestF1()?.Threshold);
            Close([want.BestF1?.F1 ?? double.NaN], [ranked.BestF1()?.F1 ?? double.NaN]);
            foreach (var wanted in want.ForPrecision ?? [])
                Assert.Equal(wanted.Threshold, ranked.ForPrecision(wanted.Share)?.Threshold);
            foreach (var wanted in want.ForRecall ?? [])
                Assert.Equal(wanted.Threshold, ranked.ForRecall(wanted.Share)?.Threshold);
        }
    }

    [Fact]
    public void Calibration_error_is_the_weighted_distance_of_the_bins()
    {
        // Two bins: (0.1 + 0.2) / 2 told and 1/2 true; 0.9 told and 1 true.
        var calibration = Calibration.Of([false, true, true], [0.11f, 0.19f, 0.9f]);

        Assert.Equal((2 * 0.35 + 1 * 0.1) / 3, calibration.ExpectedError, Tolerance);
    }

    [Fact]
    public void Labels_that_training_did_not_know_are_mistakes_and_are_named()
    {
        float[] probabilities = [0.9f, 0.1f, 0.2f, 0.8f, 0.3f, 0.7f];
        var evaluation = Evaluation.Of(["ham", "spam", "new"], 2, [0, 1, 2], [0, 1, 1], probabilities);
        var known = Evaluation.Of(["ham", "spam"], 2, [0, 1], [0, 1], probabilities.AsSpan(0, 4));

        Assert.Equal(("new", 1, 0.0), (evaluation.Unseen[0].Name, evaluation.Unseen[0].Support, evaluation.Unseen[0].Recall));
        Assert.Equal(2 / 3.0, evaluation.Confusion.Accuracy, Tolerance);
        Assert.Equal(1, evaluation.Confusion[2, 1]);
        Assert.Equal(known.Probabilities, evaluation.Probabilities);
        Assert.Equal(known.RocAuc, evaluation.RocAuc);
        Assert.Equal(known.Calibration.Bins, evaluation.Calibration.Bins);
    }

    [Fact]
    public void Rows_of_unseen_labels_only_leave_probabilities_undefined()
    {
        var evaluation = Evaluation.Of(["ham", "spam", "new"], 2, [2, 2], [0, 1], [0.9f, 0.1f, 0.2f, 0.8f]);

        Assert.Equal(0, evaluation.Confusion.Accuracy);
        Assert.True(double.IsNaN(evaluation.Probabilities.LogLoss));
        Assert.True(double.IsNaN(evaluation.RocAuc));
        Assert.Null(evaluation.Ranked[0].BestF1());
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-0.1f)]
    [InlineData(1.5f)]
    public void Refuses_what_is_no_probability_by_row_and_class(float wrong)
    {
        var error = Assert.Throws<ArgumentException>(() => Evaluation.Of(["ham", "spam"], 2, [0, 1], [0, 1], [0.5f, 0.5f, 0.5f, wrong]));

        Assert.Contains("row 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("'spam'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_sizes_that_do_not_agree()
    {
        Assert.Throws<ArgumentException>(() => Evaluation.Of(["a", "b"], 2, [0, 1], [0, 1], [0.5f, 0.5f]));
        Assert.Throws<ArgumentException>(() => Evaluation.Of(["a", "b"], 2, [0, 1], [0], [0.5f, 0.5f, 0.5f, 0.5f]));
        Assert.Throws<ArgumentException>(() => Evaluation.Of(["a", "b"], 2, [0, 2], [0, 1], [0.5f, 0.5f, 0.5f, 0.5f]));
        Assert.Throws<ArgumentException>(() => Evaluation.Of(["a"], 1, [0], [0], [1f]));
    }

    [Fact]
    public void Mistakes_come_most_frequent_first()
    {
        var matrix = new ConfusionMatrix(["a", "b", "c"], [0, 0, 0, 1, 2, 2], [1, 1, 2, 1, 0, 0]);

        Assert.Equal([new Mistake(0, 1, 2), new Mistake(2, 0, 2), new Mistake(0, 2, 1)], matrix.Mistakes(10));
        Assert.Single(matrix.Mistakes(1));
    }

    private static (MetricsCases.Case Expected, Evaluation Measured) Measure(string name)
    {
        var one = MetricsCases.Classification.Single(one => one.Name == name);
        string[] names = [.. Enumerable.Range(0, one.Classes).Select(c => $"class {c}")];
        return (one, Evaluation.Of(names, one.Classes, one.Actual, one.Predicted, one.Probabilities));
    }

    private static void Close(IEnumerable<double> expected, IEnumerable<double> actual)
    {
        Assert.Equal(expected.Count(), actual.Count());
        foreach (var (want, got) in expected.Zip(actual))
            Assert.Equal(want, got, Tolerance);
    }

    private static void Same(MetricsCases.Curve? expected, IReadOnlyList<CurvePoint> points)
    {
        Close(expected?.X ?? [], points.Select(point => point.X));
        Close(expected?.Y ?? [], points.Select(point => point.Y));
        Assert.Equal(expected?.Thresholds ?? [], points.Skip(1).Select(point => point.Threshold));
    }
}
