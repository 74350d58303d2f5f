using Orrery.Training.Features;
using Orrery.Training.Solvers;

namespace Orrery.Training.Heads;

/// <summary>Trains heads.</summary>
public static class HeadTrainer
{
    /// <summary>
    /// Trains a head. The same rows, labels and options give the same head to the bit on the same kind of processor, however
    /// many cores it has; a narrower vector width changes the order of some sums, and so last digits.
    /// </summary>
    /// <param name="rows">The embeddings, a row each.</param>
    /// <param name="labels">The class of each row, from 0 to <paramref name="classes"/> - 1, each class at least once (support vector machines: twice); not looked at for a one-class head.</param>
    /// <param name="classes">The number of classes, 2 or more; not looked at for a one-class head.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told how far the training is; from any thread, one call at a time.</param>
    /// <param name="cancellationToken">Ends the training.</param>
    /// <returns>The head, or what is wrong with the data.</returns>
    /// <exception cref="OperationCanceledException">The training was ended.</exception>
    public static TrainingResult<FittedHead> Fit(
        Matrix rows, int[] labels, int classes, HeadOptions options,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(options);
        if (TrainingSet.Check(rows, labels, classes, options) is { } error)
            return error;
        var whole = new ProgressPart(progress);
        whole.Report("features", 0);
        if (FeatureFit.Fit(rows, options, cancellationToken) is not { } features)
            return NoVariance();
        var inputs = features.Apply(rows, cancellationToken);
        var part = whole.Part(0.1, 1);
        if (options.Kind is HeadKind.Logistic or HeadKind.LinearSvm)
        {
            var set = TrainingSet.Create(labels, classes, options);
            var linear = options.Kind == HeadKind.Logistic
                ? LogisticClassifier.Fit(inputs, set, options, part, cancellationToken)
                : LinearClassifier.Fit(inputs, set, options, part, cancellationToken);
            return Finish(rows, classes, options, features, linear, whole);
        }
        if ((options.Gamma ?? Scale(inputs)) is not { } gamma)
            return NoVariance();
        var solution = options.Kind == HeadKind.OneClass
            ? OutlierDetector.Fit(inputs, gamma, options, part, cancellationToken)
            : KernelClassifier.Fit(inputs, gamma, TrainingSet.Create(labels, classes, options), options, part, cancellationToken);
        return Finish(rows, options.Kind == HeadKind.OneClass ? 2 : classes, options, features, solution, whole);
    }

    private static FittedHead Finish(Matrix rows, int classes, HeadOptions options, FeatureMap features, Solution solution, ProgressPart progress)
    {
        // A linear head needs no features of its own: its weights take in the projection. The center stays apart, since
        // its product with whitened weights can be large and would cost digits.
        var head = solution.Support is not null
            ? new FittedHead(options.Kind, rows.Columns, classes, features, solution)
            : new FittedHead(options.Kind, rows.Columns, classes, new FeatureMap(features.Center, null, null),
                solution with { Weights = features.Fold(solution.Weights) });
        progress.Report("done", 1);
        return head;
    }

    private static TrainingError NoVariance() => new(TrainingFault.NoVariance, "all rows are equal");

    // 1 / (columns * variance of all numbers); null when they do not vary.
    private static double? Scale(Matrix inputs)
    {
        double sum = 0, squares = 0;
        foreach (float value in inputs.Values)
            sum += value;
        double mean = sum / inputs.Values.Length;
        foreach (float value in inputs.Values)
            squares += (value - mean) * (value - mean);
        double variance = squares / inputs.Values.Length;
        return variance > 0 ? 1 / (inputs.Columns * variance) : null;
    }
}
