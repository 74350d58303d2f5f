using Orrery.Fleet.Routing;

namespace Orrery.Fleet.Tests.Routing;

public sealed class HedgeBudgetTests
{
    [Theory]
    [InlineData(0.05, 1000, 50)]
    [InlineData(0, 1000, 0)]
    [InlineData(1, 1000, 1000)]
    public void Allows_the_share_of_calls(double share, int calls, int allowed)
    {
        var budget = new HedgeBudget(share);
        var taken = 0;
        for (var i = 0; i < calls; i++)
        {
            budget.Called();
            taken += budget.TryTake() ? 1 : 0;
        }

        Assert.Equal(allowed, taken);
    }

    [Fact]
    public void Saves_no_more_than_a_few()
    {
        var budget = new HedgeBudget(0.05, most: 10);
        for (var i = 0; i < 100_000; i++)
            budget.Called();
        var taken = 0;
        while (budget.TryTake())
            taken++;
        Assert.Equal(10, taken);
    }
}
