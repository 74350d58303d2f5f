using Orrery.Fleet.Placement;
using Orrery.Fleet.Scaling;

namespace Orrery.Fleet.Tests.Scaling;

public sealed class PoolPolicyTests
{
    private static readonly PoolOptions _options = new() { MinSilos = 0, MaxSilos = 1000, Headroom = 0 };

    [Theory]
    [InlineData(8, 10, 1, 2)] // compute decides: four slots a silo
    [InlineData(8, 60, 1, 8)] // memory decides: one replica a silo
    [InlineData(8, 50, 1, 4)]
    [InlineData(0, 10, 1, 0)]
    [InlineData(3, 10, 9, 3)] // wants more than a silo's compute: one silo each
    public void Counts_silos_by_whichever_of_memory_and_compute_is_scarcer(int replicas, long memory, double slots, int silos) =>
        Assert.Equal(silos, Desired(new ModelDemand(replicas, memory, slots)));

    [Fact]
    public void Counts_what_cannot_share_a_silo_apart() =>
        // Their sum would go into two silos; no two of them fit into one.
        Assert.Equal(3, Desired(new ModelDemand(3, 60, 0.1)));

    [Fact]
    public void Says_that_no_number_of_silos_helps_a_model_larger_than_one()
    {
        var decision = PoolPolicy.Decide(PoolState.Initial, TimeSpan.Zero, [new(5, 101, 1), new(1, 10, 1)], 100, 4, _options);
        Assert.Equal((1, 1), (decision.Desired, decision.Unplaceable));
    }

    [Fact]
    public void Orders_silos_ahead_of_a_need_that_grows()
    {
        var (state, desired) = (PoolState.Initial, 0);
        for (var second = 0; second <= 300; second += 10)
            (desired, _, state) = PoolPolicy.Decide(state, TimeSpan.FromSeconds(second), [new(100 + 2 * second, 10, 1)], 100, 4, _options);
        // 700 replicas need 175 silos now; a minute later 820 need 205.
        Assert.InRange(desired, 195, 215);
    }

    [Fact]
    public void Goes_down_only_after_the_window()
    {
        var state = PoolPolicy.Decide(PoolState.Initial, TimeSpan.Zero, [new(40, 10, 1)], 100, 4, _options).State;
        (var desired, _, state) = PoolPolicy.Decide(state, TimeSpan.FromMinutes(4), [new(4, 10, 1)], 100, 4, _options);
        Assert.Equal(10, desired);
        for (var minute = 5; minute <= 15; minute++)
            (desired, _, state) = PoolPolicy.Decide(state, TimeSpan.FromMinutes(minute), [new(4, 10, 1)], 100, 4, _options);
        Assert.Equal(1, desired);
    }

    [Fact]
    public void Drains_the_silo_that_is_cheapest_to_empty()
    {
        var silos = new[] { Silo("a", 30, 20), Silo("b", 10), Silo("c", 10, 5), Silo("g", "gpu", 1) };
        Assert.Equal("b", PoolPolicy.ToDrain("cpu", silos)?.Id);
    }

    [Fact]
    public void Drains_nothing_whose_replicas_fit_nowhere_else()
    {
        Assert.Null(PoolPolicy.ToDrain("cpu", [Silo("a", 80), Silo("b", 90)]));
        // The smaller one does not fit beside the larger; the larger fits on none either: but an empty third takes one.
        Assert.Equal("c", PoolPolicy.ToDrain("cpu", [Silo("a", 80), Silo("b", 90), Silo("c")])?.Id);
        Assert.Null(PoolPolicy.ToDrain("cpu", [Silo("a", 1)]));
    }

    [Fact]
    public void Drains_one_silo_at_a_time() =>
        Assert.Null(PoolPolicy.ToDrain("cpu", [Silo("a") with { Draining = true }, Silo("b"), Silo("c")]));

    [Fact]
    public void Refuses_options_out_of_range_by_name()
    {
        Assert.Null(new PoolOptions().Validate());
        Assert.StartsWith("MinSilos", new PoolOptions { MinSilos = 101 }.Validate(), StringComparison.Ordinal);
        Assert.StartsWith("Headroom", new PoolOptions { Headroom = -1 }.Validate(), StringComparison.Ordinal);
    }

    private static int Desired(params ModelDemand[] demands) =>
        PoolPolicy.Decide(PoolState.Initial, TimeSpan.Zero, demands, 100, 4, _options).Desired;

    private static SiloInfo Silo(string id, params long[] memory) => Silo(id, "cpu", memory);

    private static SiloInfo Silo(string id, string device, params long[] memory) =>
        new(id, device, "", 100, 4, false, 0, [.. memory.Select(bytes => new PlacedReplica("m", bytes, 1))]);
}
