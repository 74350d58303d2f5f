using Orrery.Training.Features;
using Orrery.Training.Heads;
using Orrery.Training.Tests.Solvers;

namespace Orrery.Training.Tests.Features;

public sealed class FeatureFitTests
{
    [Fact]
    public void Whitened_components_have_variance_1_and_no_correlation()
    {
        var (rows, _) = Numbers.Clusters(1, 300, 12, 4);

        var map = FeatureFit.Fit(rows, new HeadOptions { PcaComponents = 5, Whiten = true }, default)!;

        var components = map.Apply(rows);
        Assert.Equal(5, components.Columns);
        for (int a = 0; a < 5; a++)
        {
            for (int b = 0; b < 5; b++)
            {
                double sum = 0;
                for (int row = 0; row < 300; row++)
                    sum += components.Row(row)[a] * components.Row(row)[b] / 299.0;
                Assert.InRange(sum - (a == b ? 1 : 0), -1e-3, 1e-3);
            }
        }
    }

    [Fact]
    public void The_largest_number_of_a_component_is_positive()
    {
        var (rows, _) = Numbers.Clusters(2, 100, 8, 3);

        var projection = FeatureFit.Fit(rows, new HeadOptions { PcaComponents = 8 }, default)!.Projection!.Transpose();

        for (int component = 0; component < projection.Rows; component++)
            Assert.True(projection.Row(component).ToArray().MaxBy(Math.Abs) > 0);
    }

    [Fact]
    public void Components_of_no_variance_are_left_out()
    {
        // Three columns that are sums of two others: rank 2.
        var rows = new Matrix(50, 5);
        var random = new Random(3);
        for (int row = 0; row < 50; row++)
        {
            float a = random.NextSingle(), b = random.NextSingle();
            float[] values = [a, b, a + b, a - b, 2 * a];
            values.CopyTo(rows.Row(row));
        }

        var map = FeatureFit.Fit(rows, new HeadOptions { PcaComponents = 5, Whiten = true }, default)!;

        Assert.Equal(2, map.Projection!.Columns);
    }

    [Fact]
    public void No_more_components_than_rows_less_one()
    {
        var map = FeatureFit.Fit(Numbers.Random(new Random(4), 6, 20), new HeadOptions { PcaComponents = 19 }, default)!;

        Assert.Equal(5, map.Projection!.Columns);
    }

    [Fact]
    public void Standardized_columns_have_mean_0_and_variance_1_and_constant_ones_are_0()
    {
        var rows = Numbers.Random(new Random(5), 40, 3);
        for (int row = 0; row < 40; row++)
            rows.Row(row)[1] = 0.1f;

        var mapped = FeatureFit.Fit(rows, new HeadOptions { Standardize = true }, default)!.Apply(rows).Transpose();

        foreach (int column in new[] { 0, 2 })
        {
            double[] values = [.. mapped.Row(column).ToArray().Select(value => (double)value)];
            Assert.InRange(values.Average(), -1e-5, 1e-5);
            Assert.InRange(values.Average(value => value * value), 1 - 1e-4, 1 + 1e-4);
        }
        Assert.All(mapped.Row(1).ToArray(), value => Assert.InRange(value, -1e-6f, 1e-6f));
    }
}
