namespace Orrery.Training.Selection;

/// <summary>Shares rows out so that every part has the classes in the same proportion.</summary>
public static class StratifiedFolds
{
    /// <summary>Gives every row a fold. The rows of a class are shuffled and dealt out in turn; each class begins where the last ended.</summary>
    /// <param name="labels">The class of each row, from 0.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="folds">The number of folds, 2 or more. A class with fewer rows is missing from some.</param>
    /// <param name="seed">The same seed gives the same folds, on any machine.</param>
    /// <returns>The fold of each row, from 0.</returns>
    public static int[] Assign(ReadOnlySpan<int> labels, int classes, int folds, int seed)
    {
        int[] fold = new int[labels.Length];
        int next = 0;
        foreach (int[] rows in Shuffled(labels, classes, seed))
        {
            foreach (int row in rows)
            {
                fold[row] = next;
                next = (next + 1) % folds;
            }
        }
        return fold;
    }

    /// <summary>Sets rows aside for evaluation: the share of each class, rounded so that no class with two rows or more is missing from either side.</summary>
    /// <param name="labels">The class of each row, from 0.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="share">The share of rows for evaluation, above 0 and below 1.</param>
    /// <param name="seed">The same seed gives the same split, on any machine.</param>
    /// <returns>The indexes of the rows on each side, ascending. A class of one row is on the training side.</returns>
    public static (int[] Training, int[] Evaluation) Split(ReadOnlySpan<int> labels, int classes, double share, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, 1);
        List<int> training = [], evaluation = [];
        foreach (int[] rows in Shuffled(labels, classes, seed))
        {
            int aside = rows.Length < 2 ? 0 : Math.Clamp((int)Math.Round(share * rows.Length), 1, rows.Length - 1);
            evaluation.AddRange(rows.AsSpan(0, aside));
            training.AddRange(rows.AsSpan(aside));
        }
        training.Sort();
        evaluation.Sort();
        return ([.. training], [.. evaluation]);
    }

    /// <summary>The rows of each class.</summary>
    internal static int[] Counts(ReadOnlySpan<int> labels, int classes)
    {
        int[] counts = new int[classes];
        foreach (int label in labels)
            counts[label]++;
        return counts;
    }

    private static int[][] Shuffled(ReadOnlySpan<int> labels, int classes, int seed)
    {
        int[] counts = Counts(labels, classes);
        int[][] rows = Array.ConvertAll(counts, count => new int[count]);
        for (int row = labels.Length - 1; row >= 0; row--)
            rows[labels[row]][--counts[labels[row]]] = row;
        var random = new Random(seed);
        foreach (int[] some in rows)
            random.Shuffle(some);
        return rows;
    }
}
