using Orrery.Training.Features;
using Orrery.Training.Heads;

namespace Orrery.Training.Selection;

/// <summary>What cross-validation measured.</summary>
/// <param name="Folds">The score of each fold.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Probabilities">For every row, the probabilities [n, classes] that the head gave which was trained without its fold.</param>
public sealed record CrossValidationScore(IReadOnlyList<FoldScore> Folds, FoldScore Mean, Matrix Probabilities);

/// <summary>Trains a head as often as there are folds, each time without one, and measures it on that one.</summary>
public static class CrossValidation
{
    /// <summary>Measures options by stratified folds, drawn with the options' seed.</summary>
    /// <param name="rows">The embeddings.</param>
    /// <param name="labels">The class of each row, from 0.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="options">The head; not a one-class one, whose outliers have no labels to measure by.</param>
    /// <param name="folds">The number of folds, 2 or more; each class needs as many rows.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The scores, or what is wrong with the data.</returns>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static TrainingResult<CrossValidationScore> Run(
        Matrix rows, int[] labels, int classes, HeadOptions options, int folds,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(options);
        if (Check(rows, labels, classes, options, folds) is { } error)
            return error;
        int[] fold = StratifiedFolds.Assign(labels, classes, folds, options.Seed);
        var scores = new FoldScore[folds];
        var probabilities = new Matrix(rows.Rows, classes);
        var whole = new ProgressPart(progress);
        for (int f = 0; f < folds; f++)
        {
            var part = whole.Part((double)f / folds, (f + 1.0) / folds);
            int[] training = Where(fold, f, same: false), evaluation = Where(fold, f, same: true);
            var fit = HeadTrainer.Fit(
                rows.Gather(training), Pick(labels, training), classes, options, part.As($"fold {f + 1} of {folds}"), cancellationToken);
            if (!fit.Succeeded)
                return fit.Error with { Message = $"without fold {f + 1}: {fit.Error.Message}", Row = null };
            var scored = fit.Value.Probabilities(rows.Gather(evaluation), cancellationToken);
            scores[f] = FoldScore.Of(scored, Pick(labels, evaluation));
            for (int i = 0; i < evaluation.Length; i++)
                scored.Row(i).CopyTo(probabilities.Row(evaluation[i]));
        }
        return new CrossValidationScore(scores, FoldScore.Mean(scores), probabilities);
    }

    private static TrainingError? Check(Matrix rows, int[] labels, int classes, HeadOptions options, int folds)
    {
        if (options.Kind == HeadKind.OneClass)
            return new TrainingError(TrainingFault.Options, "a one-class head cannot be cross-validated: its outliers have no labels");
        if (folds < 2)
            return new TrainingError(TrainingFault.Options, $"folds is {folds}; it must be 2 or more");
        if (TrainingSet.Check(rows, labels, classes, options) is { } error)
            return error;
        int[] counts = StratifiedFolds.Counts(labels, classes);
        int small = Array.FindIndex(counts, count => count < folds);
        return small < 0 ? null : new TrainingError(
            TrainingFault.SmallClass, $"class {small} has {counts[small]} rows, fewer than {folds} folds", Class: small);
    }

    private static int[] Where(int[] fold, int wanted, bool same)
    {
        List<int> rows = [];
        for (int row = 0; row < fold.Length; row++)
        {
            if (fold[row] == wanted == same)
                rows.Add(row);
        }
        return [.. rows];
    }

    private static int[] Pick(int[] labels, int[] rows) => Array.ConvertAll(rows, row => labels[row]);
}
