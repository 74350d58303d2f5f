using Orrery.Training.Tests.Heads;

namespace Orrery.Training.Tests.Metrics;

/// <summary>What scikit-learn and SciPy measured: tests/fixtures/metrics, written by tests/reference/metrics.py. Null is not defined.</summary>
internal static class MetricsCases
{
    internal static Case[] Classification { get; } = Fixtures.Read<Case[]>("metrics", "classification.json");
    internal static Pair[] Correlation { get; } = Fixtures.Read<Pair[]>("metrics", "correlation.json");

    internal sealed record Case(
        string Name, int Classes, int[] Actual, int[] Predicted, float[] Probabilities, int[][] Confusion, double Accuracy,
        double[] Precision, double[] Recall, double[] F1, int[] Support, double[] Macro, double[] Weighted,
        double LogLoss, double Brier, double? RocAuc, Bins? Calibration, Ranked[] Ranked);

    internal sealed record Bins(double[] Share, double[] Mean);

    internal sealed record Ranked(
        double? Auc, double? AveragePrecision, Curve? Roc, Curve? PrecisionRecall, Best? BestF1, Wanted[]? ForPrecision, Wanted[]? ForRecall);

    internal sealed record Curve(double[] X, double[] Y, float[] Thresholds);

    internal sealed record Best(float Threshold, double F1);

    internal sealed record Wanted([property: System.Text.Json.Serialization.JsonPropertyName("wanted")] double Share, float? Threshold);

    internal sealed record Pair(string Name, double[] X, double[] Y, double? Pearson, double? Spearman);
}
