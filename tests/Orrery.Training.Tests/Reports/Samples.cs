using Orrery.Training.Features;
using Orrery.Training.Heads;
using Orrery.Training.Metrics;
using Orrery.Training.Reports;
using Orrery.Training.Selection;

namespace Orrery.Training.Tests.Reports;

/// <summary>Reports with every part, of any number of classes.</summary>
internal static class Samples
{
    internal const string Hostile = "<script>alert(\"1\")</script> & 'x' | *b* `c` [d](e) $f$ \u0001\nnew line";

    /// <summary>A report of made-up scores: the right class is favoured by as much as chance is strong.</summary>
    /// <param name="classes">The number of trained classes.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="name">The name of each class.</param>
    /// <param name="unseen">The name of a label that was not trained and has every tenth row, or null for none.</param>
    internal static EvaluationReport Report(int classes, int rows, Func<int, string>? name = null, string? unseen = null)
    {
        var random = new Random(5);
        int[] actual = new int[rows], predicted = new int[rows];
        float[] probabilities = new float[rows * classes];
        for (int row = 0; row < rows; row++)
        {
            actual[row] = random.Next(classes);
            var values = probabilities.AsSpan(row * classes, classes);
            for (int c = 0; c < classes; c++)
                values[c] = (float)Math.Exp(2.2 * random.NextDouble() * Math.Log(classes + 2) + (c == actual[row] ? 1.6 : 0));
            float sum = 0;
            foreach (float value in values)
                sum += value;
            for (int c = 0; c < classes; c++)
            {
                values[c] /= sum;
                predicted[row] = values[c] > values[predicted[row]] ? c : predicted[row];
            }
            actual[row] = unseen is not null && row % 10 == 0 ? classes : actual[row];
        }
        List<string> names = [.. Enumerable.Range(0, classes).Select(name ?? (c => $"class {c}"))];
        if (unseen is not null)
            names.Add(unseen);
        FoldScore[] folds = [new(0.91, 0.9, 0.25), new(0.93, 0.92, 0.21)];
        var cross = new CrossValidationScore(folds, new FoldScore(0.92, 0.91, 0.23), new Matrix(1, classes));
        var worse = cross with { Mean = new FoldScore(0.8, 0.79, 0.5) };
        GridScore best = new(new GridPoint("c=10 pca=0.95", new HeadOptions()), cross);
        return new EvaluationReport
        {
            Title = "banking-intents",
            Summary = "Logistic regression over embeddings of orrery-mini, measured on rows that it was not trained on.",
            Evaluation = Evaluation.Of(names, classes, actual, predicted, probabilities),
            Facts =
            [
                new ReportFacts("Data", [("File", "test.csv"), ("SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), ("Rows", "3,080")]),
                new ReportFacts("Training", [("Model", "orrery-mini"), ("Pooling", "mean"), ("Seed", "7"), ("Embedding", "4.1 s"), ("Fit", "0.9 s")]),
            ],
            Folds = folds,
            Grid = new GridSearchResult(best, [new GridScore(new GridPoint("c=1 pca=none", new HeadOptions()), worse), best]),
        };
    }
}
