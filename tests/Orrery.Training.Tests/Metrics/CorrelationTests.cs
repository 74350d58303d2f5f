using Orrery.Training.Metrics;

namespace Orrery.Training.Tests.Metrics;

public sealed class CorrelationTests
{
    public static TheoryData<string> Names => [.. MetricsCases.Correlation.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Coefficients_are_those_of_SciPy(string name)
    {
        var (_, x, y, pearson, spearman) = MetricsCases.Correlation.Single(one => one.Name == name);

        Assert.Equal(pearson ?? double.NaN, Correlation.Pearson(x, y), 1e-6);
        Assert.Equal(spearman ?? double.NaN, Correlation.Spearman(x, y), 1e-6);
    }

    [Fact]
    public void One_row_and_NaN_have_no_coefficient()
    {
        Assert.True(double.IsNaN(Correlation.Pearson([1], [2])));
        Assert.True(double.IsNaN(Correlation.Spearman([1, double.NaN, 2], [1, 2, 3])));
        Assert.Throws<ArgumentException>(() => Correlation.Spearman([1, 2], [1]));
    }
}
