using Orrery.Training.Features;
using Orrery.Training.Heads;

namespace Orrery.Training.Selection;

/// <summary>One combination of a grid and how it did.</summary>
/// <param name="Point">The combination.</param>
/// <param name="Score">Its cross-validation.</param>
public sealed record GridScore(GridPoint Point, CrossValidationScore Score);

/// <summary>What a grid search found.</summary>
/// <param name="Best">The best combination; of equals the first.</param>
/// <param name="All">All of them, in the grid's order.</param>
public sealed record GridSearchResult(GridScore Best, IReadOnlyList<GridScore> All);

/// <summary>Chooses options by cross-validating every combination of a grid on the same folds.</summary>
public static class GridSearch
{
    /// <summary>Cross-validates all points and names the best.</summary>
    /// <param name="rows">The embeddings.</param>
    /// <param name="labels">The class of each row, from 0.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="grid">The combinations, one or more, as <see cref="HeadGrid.Expand"/> makes them.</param>
    /// <param name="folds">The number of folds, 2 or more.</param>
    /// <param name="metric">What is compared.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The scores, or what is wrong with the data or a combination.</returns>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static TrainingResult<GridSearchResult> Run(
        Matrix rows, int[] labels, int classes, IReadOnlyList<GridPoint> grid, int folds, SelectionMetric metric,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grid);
        if (grid.Count == 0)
            return new TrainingError(TrainingFault.Options, "the grid is empty");
        var whole = new ProgressPart(progress);
        var scores = new GridScore[grid.Count];
        int best = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            var part = whole.Part((double)i / scores.Length, (i + 1.0) / scores.Length);
            var score = CrossValidation.Run(
                rows, labels, classes, grid[i].Options, folds, part.As($"{grid[i].Name} ({i + 1} of {scores.Length})"), cancellationToken);
            if (!score.Succeeded)
                return score.Error with { Message = $"{grid[i].Name}: {score.Error.Message}" };
            scores[i] = new GridScore(grid[i], score.Value);
            if (score.Value.Mean.Get(metric) > scores[best].Score.Mean.Get(metric))
                best = i;
        }
        return new GridSearchResult(scores[best], scores);
    }
}
