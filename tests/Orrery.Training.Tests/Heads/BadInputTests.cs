using Orrery.Training.Features;
using Orrery.Training.Heads;
using Orrery.Training.Tests.Solvers;

namespace Orrery.Training.Tests.Heads;

/// <summary>What cannot be trained is named, without an exception.</summary>
public sealed class BadInputTests
{
    private static readonly (Matrix Rows, int[] Labels) Good = Numbers.Clusters(1, 30, 4, 3);

    [Fact]
    public void No_rows()
    {
        AssertFault(TrainingFault.NoRows, "0 rows of 4 numbers", new Matrix(0, 4), [], 2);
        AssertFault(TrainingFault.NoRows, "3 rows of 0 numbers", new Matrix(3, 0), [0, 1, 0], 2);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_number_that_is_not_finite(float value)
    {
        var rows = Good.Rows.Gather([.. Enumerable.Range(0, 30)]);
        rows.Row(17)[2] = value;

        var error = AssertFault(TrainingFault.NotFinite, "row 17", rows, Good.Labels, 3);

        Assert.Equal(17, error.Row);
    }

    [Fact]
    public void One_class_only()
    {
        var error = AssertFault(TrainingFault.OneClass, "all 30 rows have class 1", Good.Rows, [.. Good.Labels.Select(_ => 1)], 2);

        Assert.Equal(1, error.Class);
    }

    [Fact]
    public void Labels_that_do_not_fit()
    {
        AssertFault(TrainingFault.Labels, "29 labels for 30 rows", Good.Rows, Good.Labels[1..], 3);
        Assert.Equal(2, AssertFault(TrainingFault.Labels, "row 2 has label 2; there are 2 classes", Good.Rows, Good.Labels, 2).Row);
    }

    [Fact]
    public void A_class_without_enough_rows()
    {
        AssertFault(TrainingFault.SmallClass, "class 3 has 0 rows", Good.Rows, Good.Labels, 4);
        int[] labels = [.. Good.Labels];
        labels[0] = 3;
        var error = AssertFault(TrainingFault.SmallClass, "class 3 has 1 rows; it needs 2", Good.Rows, labels, 4, new HeadOptions { Kind = HeadKind.RbfSvm });
        Assert.Equal(3, error.Class);
        Assert.True(HeadTrainer.Fit(Good.Rows, labels, 4, new HeadOptions()).Succeeded);
    }

    [Fact]
    public void Two_rows_of_a_class_are_enough_for_calibration()
    {
        int[] labels = [.. Good.Labels];
        (labels[0], labels[1]) = (3, 3);

        var fit = HeadTrainer.Fit(Good.Rows, labels, 4, new HeadOptions { Kind = HeadKind.LinearSvm });

        Assert.Null(fit.Error);
    }

    [Fact]
    public void Rows_that_are_all_equal()
    {
        var rows = new Matrix(10, 3);
        rows.Values.Fill(0.5f);
        int[] labels = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];

        AssertFault(TrainingFault.NoVariance, "all rows are equal", rows, labels, 2, new HeadOptions { PcaComponents = 2 });
        AssertFault(TrainingFault.NoVariance, "all rows are equal", rows, labels, 2, new HeadOptions { Kind = HeadKind.RbfSvm });
        AssertFault(TrainingFault.NoVariance, "all rows are equal", rows, labels, 2, new HeadOptions { Kind = HeadKind.OneClass });
        // Logistic regression answers with the shares of the classes.
        Assert.Equal([0.5f, 0.5f], HeadTrainer.Fit(rows, labels, 2, new HeadOptions()).Value!.Probabilities(rows).Row(0).ToArray());
    }

    public static TheoryData<string, HeadOptions> BadOptions => new()
    {
        { "kind 9", new HeadOptions { Kind = (HeadKind)9 } },
        { "c is 0", new HeadOptions { C = 0 } },
        { "c is NaN", new HeadOptions { C = double.NaN } },
        { "gamma is -1", new HeadOptions { Gamma = -1 } },
        { "pca keeps 0 components", new HeadOptions { PcaComponents = 0 } },
        { "pca keeps 1 of the variance", new HeadOptions { PcaVariance = 1 } },
        { "both as a number", new HeadOptions { PcaVariance = 0.5, PcaComponents = 2 } },
        { "whiten needs a pca", new HeadOptions { Whiten = true } },
        { "balanced", new HeadOptions { Balanced = true, ClassWeights = [1, 1, 1] } },
        { "a class weight", new HeadOptions { ClassWeights = [1, 0, 1] } },
        { "2 class weights are given for 3 classes", new HeadOptions { ClassWeights = [1, 1] } },
        { "contamination is 0.6", new HeadOptions { Contamination = 0.6 } },
        { "tolerance is 0", new HeadOptions { Tolerance = 0 } },
        { "max iterations is 0", new HeadOptions { MaxIterations = 0 } },
        { "calibration folds is 1", new HeadOptions { CalibrationFolds = 1 } },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void An_option_out_of_range(string message, HeadOptions options) =>
        AssertFault(TrainingFault.Options, message, Good.Rows, Good.Labels, 3, options);

    [Fact]
    public void A_head_that_ran_out_of_iterations_says_so()
    {
        foreach (var kind in Enum.GetValues<HeadKind>())
            Assert.False(HeadTrainer.Fit(Good.Rows, Good.Labels, 3, new HeadOptions { Kind = kind, MaxIterations = 1 }).Value!.Converged);
    }

    private static TrainingError AssertFault(
        TrainingFault fault, string message, Matrix rows, int[] labels, int classes, HeadOptions? options = null)
    {
        var result = HeadTrainer.Fit(rows, labels, classes, options ?? new HeadOptions());
        Assert.False(result.Succeeded);
        Assert.Equal(fault, result.Error.Fault);
        Assert.Contains(message, result.Error.Message);
        return result.Error;
    }
}
