using Orrery.Training.Features;
using Orrery.Training.Heads;
using Orrery.Training.Metrics;
using Orrery.Training.Selection;

namespace Orrery.Standalone.Training;

/// <summary>What a training made, and what it is measured by.</summary>
internal sealed record Trained
{
    public required FittedHead Head { get; init; }

    public required HeadOptions Options { get; init; }

    /// <summary>The classes in the head's order.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    public required string? Positive { get; init; }

    public required double Threshold { get; init; }

    /// <summary>Rows the head was trained on.</summary>
    public required int TrainedRows { get; init; }

    /// <summary>Each fold's score, when folds were made.</summary>
    public CrossValidationScore? Folds { get; init; }

    public GridSearchResult? Grid { get; init; }

    /// <summary>What is reported on: the held-out rows' classes and probabilities, or without those every row's from the fold that did not see it; of one-class heads every row, taken for an inlier.</summary>
    public required (int[] Labels, Matrix Probabilities, bool HeldOut) Measured { get; init; }

    public TimeSpan Time { get; init; }
}

/// <summary>From embedded rows to a head: classes, split, choice of options, fit, threshold.</summary>
internal static class Trainer
{
    /// <exception cref="CommandException">The data does not make a detector; the message says why.</exception>
    public static Trained Train(Matrix rows, IReadOnlyList<string?> labels, TrainOptions options, Func<string, Action<double>> bar, CancellationToken cancellation)
    {
        var start = TimeProvider.System.GetTimestamp();
        var trained = options.IsOutlier ? TrainOutlier(rows, options, bar, cancellation) : TrainClassifier(rows, labels!, options, bar, cancellation);
        return trained with { Time = TimeProvider.System.GetElapsedTime(start) };
    }

    private static Trained TrainOutlier(Matrix rows, TrainOptions options, Func<string, Action<double>> bar, CancellationToken cancellation)
    {
        var inliers = new int[rows.Rows];
        var head = Value(HeadTrainer.Fit(rows, inliers, 2, options.Head, Reporting(bar("fit")), cancellation), []);
        return new Trained
        {
            Head = head,
            Options = options.Head,
            Classes = ["inlier", "outlier"],
            Positive = "outlier",
            Threshold = options.Threshold is { } given && !double.IsNaN(given) ? given : 0.5,
            TrainedRows = rows.Rows,
            Measured = (inliers, head.Probabilities(rows, cancellation), false),
        };
    }

    private static Trained TrainClassifier(Matrix rows, IReadOnlyList<string> names, TrainOptions options, Func<string, Action<double>> bar, CancellationToken cancellation)
    {
        var classes = names.Distinct().Order(StringComparer.Ordinal).ToArray();
        if (classes.Length < 2)
            throw new CommandException($"--label-column: every row's label is '{classes[0]}'; a detector needs two classes or more (or --head one-class)");
        var positive = Positive(classes, options);
        // Of two classes the positive one comes last, as curves and other people's tools expect it.
        if (classes.Length == 2 && classes[0] == positive)
            Array.Reverse(classes);
        var index = classes.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i, StringComparer.Ordinal);
        var labels = names.Select(name => index[name]).ToArray();
        var (training, held) = options.TestShare > 0 ? StratifiedFolds.Split(labels, classes.Length, options.TestShare, options.Head.Seed) : (Enumerable.Range(0, labels.Length).ToArray(), []);
        var (fitRows, fitLabels) = (rows.Gather(training), Array.ConvertAll(training, row => labels[row]));

        var head = Weighted(options.Head, classes, options.ClassWeights);
        GridSearchResult? grid = null;
        CrossValidationScore? folds = null;
        if (options.Grid.Count > 0)
        {
            grid = Value(GridSearch.Run(fitRows, fitLabels, classes.Length, Weighted(options, classes), options.Folds, options.Metric, Reporting(bar("grid")), cancellation), classes);
            (head, folds) = (grid.Best.Point.Options, grid.Best.Score);
        }
        else if (held.Length == 0 || double.IsNaN(options.Threshold ?? 0))
        {
            folds = Value(CrossValidation.Run(fitRows, fitLabels, classes.Length, head, options.Folds, Reporting(bar("folds")), cancellation), classes);
        }

        var fitted = Value(HeadTrainer.Fit(fitRows, fitLabels, classes.Length, head, Reporting(bar("fit")), cancellation), classes);
        return new Trained
        {
            Head = fitted,
            Options = head,
            Classes = classes,
            Positive = positive,
            Threshold = Threshold(options, positive is null ? -1 : index[positive], fitLabels, folds),
            TrainedRows = training.Length,
            Folds = folds,
            Grid = grid,
            Measured = held.Length > 0
                ? (Array.ConvertAll(held, row => labels[row]), fitted.Probabilities(rows.Gather(held), cancellation), true)
                : (fitLabels, folds!.Probabilities, false),
        };
    }

    private static HeadOptions Weighted(HeadOptions head, string[] classes, IReadOnlyDictionary<string, double> weights)
    {
        if (weights.Keys.FirstOrDefault(label => !classes.Contains(label)) is { } unknown)
            throw new CommandException($"--class-weight: '{unknown}' is not one of the labels: {string.Join(", ", classes.Take(20))}");
        return weights.Count == 0 ? head : head with { ClassWeights = Array.ConvertAll(classes, label => weights.GetValueOrDefault(label, 1)) };
    }

    private static List<GridPoint> Weighted(TrainOptions options, string[] classes) =>
        [.. options.Grid.Select(point => point with { Options = Weighted(point.Options, classes, options.ClassWeights) })];

    private static string? Positive(string[] classes, TrainOptions options)
    {
        if (options.Positive is { } named && !classes.Contains(named))
            throw new CommandException($"--positive: '{named}' is not one of the labels: {string.Join(", ", classes.Take(20))}");
        if (double.IsNaN(options.Threshold ?? 0) && classes.Length > 2)
            throw new CommandException($"--threshold best-f1 is for two classes; there are {classes.Length}");
        return options.Positive ?? (classes.Length == 2 ? classes[1] : null);
    }

    private static double Threshold(TrainOptions options, int positive, int[] labels, CrossValidationScore? folds)
    {
        if (options.Threshold is not { } given)
            return positive < 0 ? 0 : 0.5;
        if (!double.IsNaN(given))
            return given;
        // By the folds, never by the rows that the report is about.
        var scores = new float[labels.Length];
        for (var row = 0; row < scores.Length; row++)
            scores[row] = folds!.Probabilities.Row(row)[positive];
        return new RankedScores(Array.ConvertAll(labels, label => label == positive), scores).BestF1()!.Threshold;
    }

    private static T Value<T>(TrainingResult<T> result, string[] classes)
        where T : class
    {
        if (result.Value is { } value)
            return value;
        var error = result.Error!;
        // The solvers know classes by number.
        throw new CommandException(error.Class is { } index && index < classes.Length ? $"label '{classes[index]}': {error.Message}" : error.Message);
    }

    private static Reporter Reporting(Action<double> bar) => new(bar);

    /// <summary>Reports on the thread that trains; the framework's Progress would post to the pool.</summary>
    private sealed class Reporter(Action<double> bar) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => bar(value.Share);
    }
}
