using Orrery.Training.Features;
using Orrery.Training.Heads;
using Orrery.Training.Selection;
using Orrery.Training.Tests.Heads;
using Orrery.Training.Tests.Solvers;

namespace Orrery.Training.Tests.Selection;

public sealed class CrossValidationTests
{
    [Fact]
    public void Scores_every_row_by_a_head_that_did_not_see_it()
    {
        // Labels without any pattern: a head that saw a row would know it, one that did not cannot.
        var rows = Numbers.Random(new Random(1), 120, 200);
        int[] labels = [.. Enumerable.Range(0, 120).Select(row => row % 2)];
        var options = new HeadOptions { C = 1000 };

        var score = CrossValidation.Run(rows, labels, 2, options, 5).Value!;
        var seen = FoldScore.Of(HeadTrainer.Fit(rows, labels, 2, options).Value!.Probabilities(rows), labels);

        Assert.Equal(1, seen.Accuracy);
        Assert.InRange(score.Mean.Accuracy, 0.3, 0.7);
        Assert.Equal(score.Mean.Accuracy, FoldScore.Of(score.Probabilities, labels).Accuracy, 6);
        Assert.Equal(5, score.Folds.Count);
    }

    [Fact]
    public void Measures_accuracy_f1_and_loss()
    {
        var probabilities = new Matrix(4, 3, new[] { 0.7f, 0.2f, 0.1f, 0.4f, 0.5f, 0.1f, 0.1f, 0.8f, 0.1f, 0.25f, 0.25f, 0.5f });

        var score = FoldScore.Of(probabilities, [0, 0, 1, 1]);

        // Classes told: 0, 1, 1, 2. F1 of class 0: 2/3, of class 1: 1/2, of class 2: 0.
        Assert.Equal(0.5, score.Accuracy);
        Assert.Equal((2 / 3.0 + 0.5) / 3, score.MacroF1, 9);
        Assert.Equal(-(Math.Log(0.7) + Math.Log(0.4) + Math.Log(0.8) + Math.Log(0.25)) / 4, score.LogLoss, 6);
        Assert.Equal(-score.LogLoss, score.Get(SelectionMetric.LogLoss));
    }

    [Fact]
    public void Tells_which_fold_it_is_at()
    {
        var (rows, labels) = Numbers.Clusters(2, 60, 4, 3);
        var seen = new TrainerTests.Recorder();

        CrossValidation.Run(rows, labels, 3, new HeadOptions(), 3, seen);

        Assert.Equal(["fold 1 of 3", "fold 2 of 3", "fold 3 of 3"], seen.Stages.Distinct());
        Assert.Equal(seen.Shares.Order(), seen.Shares);
        Assert.Equal(1, seen.Shares[^1]);
    }

    [Fact]
    public void Names_what_is_wrong()
    {
        var (rows, labels) = Numbers.Clusters(3, 30, 4, 3);
        labels[0] = 3;
        labels[1] = 3;

        var small = CrossValidation.Run(rows, labels, 4, new HeadOptions(), 5).Error!;
        Assert.Equal(TrainingFault.SmallClass, small.Fault);
        Assert.Equal("class 3 has 2 rows, fewer than 5 folds", small.Message);
        Assert.Equal(3, small.Class);
        Assert.Equal(TrainingFault.Options, CrossValidation.Run(rows, labels, 4, new HeadOptions(), 1).Error!.Fault);
        Assert.Equal(TrainingFault.Options, CrossValidation.Run(rows, labels, 4, new HeadOptions { C = -1 }, 2).Error!.Fault);
        Assert.Contains("one-class", CrossValidation.Run(rows, labels, 4, new HeadOptions { Kind = HeadKind.OneClass }, 2).Error!.Message);
        // Two rows allow two folds, but leave one on each side: too few to calibrate.
        Assert.Contains("without fold 1: class 3 has 1 rows", CrossValidation.Run(rows, labels, 4, new HeadOptions { Kind = HeadKind.LinearSvm }, 2).Error!.Message);
    }

    [Fact]
    public void Ends_when_it_is_cancelled()
    {
        var (rows, labels) = Numbers.Clusters(4, 60, 4, 3);
        using var source = new CancellationTokenSource();
        source.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(
            () => CrossValidation.Run(rows, labels, 3, new HeadOptions(), 3, null, source.Token));
    }
}
