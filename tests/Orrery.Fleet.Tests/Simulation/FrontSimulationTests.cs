namespace Orrery.Fleet.Tests.Simulation;

public sealed class FrontSimulationTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    public void No_call_takes_a_second_when_a_silo_freezes_and_it_is_used_again_at_once_when_it_wakes(int silos)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var front = new FrontSimulation(silos, seed) { Frozen = (silo, now) => silo == 0 && now is >= 5_000 and < 20_000 ? 20_000 : now };
            front.Run(25_000, callsPerSecond: 200);
            Assert.All(front.Answers, answer => Assert.True(answer.Took < 1000, $"seed {seed}: asked at {answer.At}, {answer.Took} ms"));
            // Not one is sent there while it is known to be silent, and it has its share again soon after.
            Assert.DoesNotContain(front.Answers, answer => answer.By == 0 && answer.At is > 5_600 and < 19_900);
            Assert.Contains(front.Answers, answer => answer.By == 0 && answer.At is > 20_000 and < 20_300);
        }
    }

    [Fact]
    public void Where_all_are_slow_no_more_than_the_share_is_sent_twice()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            // From 20 ms to a second and a half, of all silos at once.
            var front = new FrontSimulation(3, seed) { Takes = (_, now, random) => (now < 5_000 ? 20 : 1500) * (0.5 + random.NextDouble()) };
            front.Run(30_000, callsPerSecond: 200);
            Assert.True(front.Sent - front.Calls <= 0.05 * front.Calls + 10, $"seed {seed}: {front.Sent - front.Calls} of {front.Calls} calls were sent twice");
        }
    }

    [Fact]
    public void A_silo_that_answers_signs_of_life_and_hangs_on_a_few_calls_costs_those_no_more_than_a_second()
    {
        // One call in a hundred gets no answer from the first silo for ten seconds.
        var front = new FrontSimulation(2, 1) { Takes = (silo, _, random) => silo == 0 && random.Next(100) == 0 ? 10_000 : 10 };
        front.Run(20_000, callsPerSecond: 200);
        Assert.All(front.Answers.Where(answer => answer.At > 2_000), answer => Assert.True(answer.Took < 1000, $"{answer.At}: {answer.Took} ms"));
    }

    [Fact]
    public void Nothing_is_sent_twice_while_all_is_well()
    {
        var front = new FrontSimulation(4, 1);
        front.Run(20_000, callsPerSecond: 500);
        Assert.Equal(front.Calls, front.Sent);
    }
}
