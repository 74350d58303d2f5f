using Orrery.Training.Features;
using Orrery.Training.Heads;
using Orrery.Training.Selection;
using Orrery.Training.Tests.Solvers;

namespace Orrery.Training.Tests.Selection;

public sealed class GridSearchTests
{
    [Fact]
    public void Finds_the_best_of_all_combinations()
    {
        // Rings: no line parts them, and a kernel far too narrow or wide does not either.
        var (rows, labels) = Rings(200);
        var grid = HeadGrid.Expand(new HeadOptions { Kind = HeadKind.RbfSvm }, [("gamma", ["1e-5", "1", "1e5"]), ("c", ["1", "10"])]).Value!;

        var result = GridSearch.Run(rows, labels, 2, grid, 4, SelectionMetric.Accuracy).Value!;

        Assert.Equal(6, result.All.Count);
        Assert.StartsWith("gamma=1 c=", result.Best.Point.Name);
        Assert.Equal(1, result.Best.Point.Options.Gamma);
        Assert.Equal(result.All.Max(score => score.Score.Mean.Accuracy), result.Best.Score.Mean.Accuracy);
        Assert.True(result.Best.Score.Mean.Accuracy > 0.95);
    }

    [Fact]
    public void Expands_values_by_name_with_the_last_varying_fastest()
    {
        var grid = HeadGrid.Expand(new HeadOptions(), [("Kind", ["logistic", "linear-svm"]), ("pca", ["none", "3", "0.9"])]).Value!;

        Assert.Equal(
            ["kind=logistic pca=none", "kind=logistic pca=3", "kind=logistic pca=0.9", "kind=linear-svm pca=none", "kind=linear-svm pca=3", "kind=linear-svm pca=0.9"],
            grid.Select(point => point.Name));
        Assert.Equal((3, null), (grid[1].Options.PcaComponents, grid[1].Options.PcaVariance));
        Assert.Equal((null, 0.9), (grid[5].Options.PcaComponents, grid[5].Options.PcaVariance));
        Assert.Equal("defaults", Assert.Single(HeadGrid.Expand(new HeadOptions(), []).Value!).Name);
    }

    [Theory]
    [InlineData("kind", "rbf-svm")]
    [InlineData("c", "0.5")]
    [InlineData("gamma", "2")]
    [InlineData("pca", "12")]
    [InlineData("whiten", "true")]
    [InlineData("standardize", "true")]
    [InlineData("balanced", "true")]
    [InlineData("contamination", "0.2")]
    [InlineData("tolerance", "1e-7")]
    [InlineData("max-iterations", "12")]
    public void Sets_every_option_by_its_name(string name, string value)
    {
        Assert.Contains(name, HeadGrid.Names);
        Assert.NotEqual(new HeadOptions(), HeadGrid.Set(new HeadOptions(), name, value).Value);
    }

    [Theory]
    [InlineData("depth", "3", "there is no option 'depth'")]
    [InlineData("kind", "forest", "kind cannot be 'forest'")]
    [InlineData("c", "1,5", "c cannot be '1,5'")]
    [InlineData("pca", "all", "pca cannot be 'all'")]
    [InlineData("whiten", "yes", "whiten cannot be 'yes'")]
    [InlineData("c", "-1", "c=-1: c is -1; it must be above 0")]
    public void Names_a_wrong_option(string name, string value, string message)
    {
        var grid = HeadGrid.Expand(new HeadOptions(), [(name, [value])]);

        Assert.Equal(TrainingFault.Options, grid.Error!.Fault);
        Assert.StartsWith(message, grid.Error.Message);
    }

    [Fact]
    public void Names_the_combination_that_cannot_be_measured()
    {
        var (rows, labels) = Numbers.Clusters(1, 20, 3, 2);
        Array.Fill(labels, 0, 0, 18);
        Array.Fill(labels, 1, 18, 2);
        var grid = HeadGrid.Expand(new HeadOptions(), [("kind", ["logistic", "linear-svm"])]).Value!;

        var error = GridSearch.Run(rows, labels, 2, grid, 2, SelectionMetric.LogLoss).Error!;

        Assert.StartsWith("kind=linear-svm: without fold 1: class 1 has 1 rows", error.Message);
        Assert.Contains("empty", GridSearch.Run(rows, labels, 2, [], 2, SelectionMetric.LogLoss).Error!.Message);
    }

    private static (Matrix Rows, int[] Labels) Rings(int count)
    {
        var random = new Random(6);
        var rows = new Matrix(count, 2);
        int[] labels = [.. Enumerable.Range(0, count).Select(row => row % 2)];
        for (int row = 0; row < count; row++)
        {
            double angle = 2 * Math.PI * random.NextDouble(), radius = (labels[row] == 0 ? 1 : 2) + 0.2 * random.NextDouble();
            (rows.Row(row)[0], rows.Row(row)[1]) = ((float)(radius * Math.Cos(angle)), (float)(radius * Math.Sin(angle)));
        }
        return (rows, labels);
    }
}
