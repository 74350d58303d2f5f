using Orrery.Training.Solvers;
using Orrery.Training.Tests.Heads;

namespace Orrery.Training.Tests.Solvers;

public sealed class PlattTests
{
    [Fact]
    public void Finds_the_sigmoids_of_scikit_learn()
    {
        foreach (var expected in Fixtures.Read<Fixtures.Cases>("heads", "cases.json").Sigmoids)
        {
            var sigmoid = Platt.Fit(expected.Scores, expected.Positive, expected.Weights);

            Assert.InRange(sigmoid.A - expected.A, -1e-3, 1e-3);
            Assert.InRange(sigmoid.B - expected.B, -1e-3, 1e-3);
        }
    }

    [Fact]
    public void Scores_that_say_nothing_give_the_share_of_the_class()
    {
        float[] weights = [.. Enumerable.Repeat(1f, 40)];

        var sigmoid = Platt.Fit(new float[40], [.. Enumerable.Range(0, 40).Select(row => row < 10)], weights);

        // 11 of 42: the targets are set off 0 and 1 as if one more row of each class had been seen.
        Assert.InRange(1 / (1 + Math.Exp(sigmoid.B)), 0.25, 0.27);
    }
}
