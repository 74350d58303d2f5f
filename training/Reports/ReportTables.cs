using System.Globalization;
using Orrery.Training.Metrics;
using Orrery.Training.Selection;
using static Orrery.Training.Reports.ReportText;

namespace Orrery.Training.Reports;

/// <summary>A table of a report. Its cells are plain text.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Note">A sentence under the heading, or empty.</param>
/// <param name="Headers">The columns' names; empty for a list of names and values.</param>
/// <param name="Rows">The rows, as many cells as columns.</param>
/// <param name="TextColumns">How many columns at the left hold text; the others hold numbers.</param>
internal sealed record ReportTable(string Title, string Note, string[] Headers, IReadOnlyList<string[]> Rows, int TextColumns = 1);

/// <summary>The tables that both formats of a report have.</summary>
internal static class ReportTables
{
    /// <summary>Above this many classes a confusion matrix is no longer read, and the most frequent mistakes are listed.</summary>
    internal const int MatrixClasses = 20;

    private const int ListedMistakes = 30;

    internal static ReportTable Facts(ReportFacts facts) =>
        new(facts.Title, "", [], [.. facts.Rows.Select(row => new[] { row.Name, row.Value })], TextColumns: 2);

    /// <summary>The numbers that come first.</summary>
    internal static IReadOnlyList<(string Name, string Value)> Headlines(Evaluation evaluation) =>
    [
        ("Accuracy", Percent(evaluation.Confusion.Accuracy)),
        ("Macro F1", Number(evaluation.Macro.F1)),
        ("ROC-AUC", Number(evaluation.RocAuc)),
        ("Average precision", Number(evaluation.AveragePrecision)),
        ("Log loss", Number(evaluation.Probabilities.LogLoss)),
        ("Brier score", Number(evaluation.Probabilities.Brier)),
        ("Calibration error", Number(evaluation.Calibration.ExpectedError)),
        ("Rows", Count(evaluation.Confusion.Rows)),
    ];

    internal static ReportTable Classes(Evaluation evaluation)
    {
        List<string[]> rows = [];
        for (int c = 0; c < evaluation.Classes.Count; c++)
        {
            var score = evaluation.Classes[c];
            string name = c < evaluation.TrainedClasses ? score.Name : $"{score.Name} (not trained)";
            rows.Add([name, Number(score.Precision), Number(score.Recall), Number(score.F1), Count(score.Support)]);
        }
        rows.Add(Average("macro average", evaluation.Macro, evaluation.Confusion.Rows));
        rows.Add(Average("weighted average", evaluation.Weighted, evaluation.Confusion.Rows));
        string note = evaluation.Unseen.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
            $"{Count(evaluation.Unseen.Sum(score => score.Support))} rows have labels that training did not know; they count as mistakes here and are left out of curves, log loss, Brier score and calibration.");
        return new ReportTable("Classes", note, ["Class", "Precision", "Recall", "F1", "Rows"], rows);
    }

    internal static ReportTable Confusion(ConfusionMatrix matrix)
    {
        if (matrix.Names.Count > MatrixClasses)
            return Mistakes(matrix);
        List<string[]> rows = [];
        for (int a = 0; a < matrix.Names.Count; a++)
            rows.Add([matrix.Names[a], .. Enumerable.Range(0, matrix.Names.Count).Select(p => Count(matrix[a, p]))]);
        return new ReportTable("Confusion matrix", "Rows are actual classes, columns the classes told.", ["Actual", .. matrix.Names], rows);
    }

    private static ReportTable Mistakes(ConfusionMatrix matrix)
    {
        var classes = matrix.Classes();
        var rows = matrix.Mistakes(ListedMistakes).Select(mistake => new[]
        {
            matrix.Names[mistake.Actual], matrix.Names[mistake.Predicted], Count(mistake.Count),
            Percent((double)mistake.Count / classes[mistake.Actual].Support),
        });
        return new ReportTable("Most confused classes", string.Create(CultureInfo.InvariantCulture, $"Of {matrix.Names.Count} classes, the {ListedMistakes} most frequent mistakes."),
            ["Actual", "Told", "Rows", "Of the actual class"], [.. rows], TextColumns: 2);
    }

    internal static ReportTable Calibration(Evaluation evaluation) => new("Calibration",
        evaluation.TrainedClasses == 2
            ? $"Rows by their probability of '{evaluation.Confusion.Names[1]}', and the share that is of that class."
            : "Rows by the probability of the class told, and the share that is told right.",
        ["Mean probability", "Share right", "Rows"],
        [.. evaluation.Calibration.Bins.Select(bin => new[] { Number(bin.Predicted), Number(bin.Actual), Count(bin.Rows) })], TextColumns: 0);

    /// <summary>What some thresholds do; null for more than two classes, which are told by the largest probability.</summary>
    internal static ReportTable? Thresholds(Evaluation evaluation)
    {
        if (evaluation.TrainedClasses != 2)
            return null;
        var ranked = evaluation.Ranked[0];
        List<string[]> rows = [];
        Add(rows, "best F1", ranked.BestF1());
        foreach (double share in new[] { 0.9, 0.95, 0.99 })
            Add(rows, $"precision of {Percent(share)} or more", ranked.ForPrecision(share));
        foreach (double share in new[] { 0.9, 0.95, 0.99 })
            Add(rows, $"recall of {Percent(share)} or more", ranked.ForRecall(share));
        return new ReportTable("Thresholds", $"What a threshold over the probability of '{evaluation.Confusion.Names[1]}' would do on these rows.",
            ["For", "Threshold", "Precision", "Recall", "F1"], rows);
    }

    /// <summary>The folds and their mean; null when there are none.</summary>
    internal static ReportTable? Folds(IReadOnlyList<FoldScore> folds)
    {
        if (folds.Count == 0)
            return null;
        List<string[]> rows = [.. folds.Select((fold, i) => Fold((i + 1).ToString(CultureInfo.InvariantCulture), fold))];
        rows.Add(Fold("mean", new FoldScore(folds.Average(f => f.Accuracy), folds.Average(f => f.MacroF1), folds.Average(f => f.LogLoss))));
        return new ReportTable("Cross-validation", "Each fold is scored by a head trained on the others.", ["Fold", "Accuracy", "Macro F1", "Log loss"], rows);
    }

    /// <summary>The combinations, best first; null when there was no search.</summary>
    internal static ReportTable? Grid(EvaluationReport report)
    {
        if (report.Grid is not { } grid)
            return null;
        var rows = grid.All.OrderByDescending(score => score.Score.Mean.Get(report.GridMetric)).Select(score => Fold(score.Point.Name, score.Score.Mean));
        string metric = report.GridMetric switch
        {
            SelectionMetric.Accuracy => "accuracy",
            SelectionMetric.MacroF1 => "macro F1",
            _ => "log loss",
        };
        return new ReportTable("Grid search", $"Means over the folds, best {metric} first. Chosen: {grid.Best.Point.Name}.",
            ["Options", "Accuracy", "Macro F1", "Log loss"], [.. rows]);
    }

    private static string[] Fold(string name, FoldScore score) => [name, Number(score.Accuracy), Number(score.MacroF1), Number(score.LogLoss)];

    private static string[] Average(string name, AverageScore score, int rows) =>
        [name, Number(score.Precision), Number(score.Recall), Number(score.F1), Count(rows)];

    private static void Add(List<string[]> rows, string name, OperatingPoint? point) => rows.Add(point is null
        ? [name, "–", "–", "–", "–"]
        : [name, Number(point.Threshold), Number(point.Precision), Number(point.Recall), Number(point.F1)]);
}
