using System.Globalization;
using Orrery.Engine;
using Orrery.Training.Heads;
using Orrery.Training.Metrics;
using Orrery.Training.Reports;
using Orrery.Training.Selection;

namespace Orrery.Standalone.Training;

/// <summary>A detector's report: for the files, for the manifest, and one line for the console.</summary>
internal sealed class TrainingReport(EvaluationReport report)
{
    /// <summary>The numbers worth comparing, those that exist.</summary>
    public IEnumerable<(string Name, double Value)> Metrics
    {
        get
        {
            var evaluation = report.Evaluation;
            (string Name, double Value)[] all =
            [
                ("accuracy", evaluation.Confusion.Accuracy), ("macro_f1", evaluation.Macro.F1), ("roc_auc", evaluation.RocAuc), ("log_loss", evaluation.Probabilities.LogLoss),
                ("calibration_error", evaluation.Calibration.ExpectedError),
            ];
            return all.Where(metric => double.IsFinite(metric.Value));
        }
    }

    /// <summary>The first of them, in words.</summary>
    public string Summary => string.Join(", ", Metrics.Take(3).Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Name.Replace('_', ' ')} {Math.Round(metric.Value, 4)}")));

    /// <summary>Of a training.</summary>
    public static TrainingReport Of(Trained trained, TrainOptions options, EmbeddingChoice choice, string digest, int rows)
    {
        var (labels, probabilities, heldOut) = trained.Measured;
        return new(new EvaluationReport
        {
            Title = $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(options.Out))}: training",
            Summary = heldOut switch
            {
                _ when options.IsOutlier => "Measured on the training rows, each taken for an inlier: what is told to be an outlier is the share of false alarms to expect.",
                true => $"Measured on {labels.Length} rows that were held out; the head was trained on the other {trained.TrainedRows}.",
                false => $"Measured by cross-validation: each row by a head that was trained without its fold. The detector's own head was trained on all {trained.TrainedRows} rows.",
            },
            Evaluation = Evaluate(trained, labels, probabilities),
            Facts =
            [
                new("Data", [("file", Path.GetFileName(options.Data)), ("SHA-256", digest), ("rows", Number(rows)), ("trained on", Number(trained.TrainedRows)), ("measured on", Number(labels.Length))]),
                new("Model",
                [
                    ("name", choice.Model.Name), ("version", choice.Model.Digest), ("pooling", (choice.Pooling ?? choice.Model.Pooling).ToString().ToLowerInvariant()),
                    ("layer", choice.Layer ?? "last"), ("numbers a text", Number(trained.Head.Dimensions)),
                ]),
                new("Head", [.. Settings(trained.Options), ("threshold", Number(trained.Threshold)), ("positive class", trained.Positive ?? "none"), ("iterations", Number(trained.Head.Iterations)), ("converged", trained.Head.Converged ? "yes" : "no")]),
                new("Time", [("training, s", Number(Math.Round(trained.Time.TotalSeconds, 2)))]),
            ],
            Folds = trained.Folds?.Folds ?? [],
            Grid = trained.Grid,
            GridMetric = options.Metric,
        });
    }

    /// <summary>Of a detector against a file.</summary>
    public static TrainingReport OfEvaluation(Evaluation evaluation, DetectorInfo detector, string data, string digest, int rows, TimeSpan time) => new(new EvaluationReport
    {
        Title = $"{detector.Name}: evaluation",
        Summary = $"Measured on {rows} rows of {Path.GetFileName(data)}.",
        Evaluation = evaluation,
        Facts =
        [
            new("Data", [("file", Path.GetFileName(data)), ("SHA-256", digest), ("rows", Number(rows))]),
            new("Detector",
            [
                ("version", detector.Digest), ("model", detector.Model), ("model's version", detector.ModelDigest), ("threshold", Number(detector.Threshold)),
                ("positive class", detector.Positive ?? "none"), ("trained", detector.Created?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "unknown"),
            ]),
            new("Time", [("scoring, s", Number(Math.Round(time.TotalSeconds, 2)))]),
        ],
    });

    /// <summary>A head's options by the names that the command line has for them.</summary>
    public static IEnumerable<(string Name, string Value)> Settings(HeadOptions options)
    {
        yield return ("kind", HeadGrid.NameOf(options.Kind));
        if (options.Kind == HeadKind.OneClass)
            yield return ("contamination", Number(options.Contamination));
        else
            yield return ("c", Number(options.C));
        if (options.Kind is HeadKind.RbfSvm or HeadKind.OneClass)
            yield return ("gamma", options.Gamma is { } gamma ? Number(gamma) : "scale");
        yield return ("standardize", options.Standardize ? "true" : "false");
        yield return ("pca", options.PcaComponents is { } count ? Number(count) : options.PcaVariance is { } share ? Number(share) : "none");
        yield return ("whiten", options.Whiten ? "true" : "false");
        yield return ("balanced", options.Balanced ? "true" : "false");
        if (options.ClassWeights is { } weights)
            yield return ("class weights", string.Join(", ", weights.Select(Number)));
        yield return ("seed", Number(options.Seed));
    }

    /// <summary>Writes report.md and report.html.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public Task WriteAsync(string folder, CancellationToken cancellation) => ReportFiles.WriteAsync(report, folder, cancellation);

    private static Evaluation Evaluate(Trained trained, int[] labels, Orrery.Training.Features.Matrix probabilities)
    {
        var decider = new DetectorInfo
        {
            Name = "",
            State = ModelState.Ready,
            Labels = [.. trained.Classes],
            Positive = trained.Positive,
            Threshold = (float)trained.Threshold,
        };
        var predicted = new int[labels.Length];
        for (var row = 0; row < predicted.Length; row++)
            predicted[row] = Decided(decider, probabilities.Row(row));
        return Evaluation.Of(trained.Classes, trained.Classes.Count, labels, predicted, probabilities.Values);
    }

    /// <summary>What a detector says of a row; where no class reaches the threshold, the best one, for counting.</summary>
    public static int Decided(DetectorInfo detector, ReadOnlySpan<float> row) =>
        detector.Decide(row).Label is >= 0 and var label ? label : System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row);

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
