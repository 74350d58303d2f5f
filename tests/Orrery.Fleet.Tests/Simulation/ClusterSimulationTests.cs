using Orrery.Fleet.Scaling;
using Xunit.Abstractions;

namespace Orrery.Fleet.Tests.Simulation;

public sealed class ClusterSimulationTests(ITestOutputHelper output)
{
    /// <summary>Nothing is judged before: everyone starts with nothing at once.</summary>
    private const double WarmSeconds = 180;

    [Fact]
    public void A_hundred_models_are_as_well_off_on_silos_that_come_and_go_as_on_a_thousand_that_stay()
    {
        var traces = Enumerable.Range(0, 100).Select(i => (i % 4) switch
        {
            0 => ArrivalTrace.Synthetic($"steady-{i}", 1200, _ => 4 + i * 0.3, i),
            1 => ArrivalTrace.Synthetic($"wave-{i}", 1200, t => 20 - 15 * Math.Cos(2 * Math.PI * t / 1200 + i), i),
            2 => ArrivalTrace.Synthetic($"ramp-{i}", 1200, t => 3 + 45 * Math.Clamp((t - 200 - i) / 450, 0, 1), i),
            _ => ArrivalTrace.Synthetic($"crowd-{i}", 1200, t => 5 + 40 * Math.Clamp(Math.Min((t - 300 - 4 * i) / 120, (1000 - t) / 120), 0, 1), i),
        }).ToList();
        var options = new ReplicaOptions { MaxReplicas = 200 };
        var full = new ClusterSimulation(traces, options, new PoolOptions { MinSilos = 1000, MaxSilos = 1000 }).Run(WarmSeconds);
        var scaled = new ClusterSimulation(traces, options, new PoolOptions { MinSilos = 500, MaxSilos = 1000 }).Run(WarmSeconds);
        foreach (var (name, result) in (ReadOnlySpan<(string, ClusterResult)>)[("all silos all the time", full), ("silos scaled", scaled)])
            output.WriteLine($"{name}: late {result.Late:P2}, at most {result.MaxSilos} silos, {result.SiloSeconds:0} silo-seconds, slots used "
                + $"{result.ReplicaSeconds / (4 * result.SiloSeconds):P0}, {result.Waited} replica-seconds without a place, {result.Drained} drained, skew {result.MaxSkew}");

        // Silos that come and go cost hardly a request more than silos that are always there, and far fewer silo-seconds.
        Assert.True(scaled.Late <= full.Late + 0.005, $"{scaled.Late:P2} against {full.Late:P2}");
        Assert.True(scaled.SiloSeconds < 0.85 * full.SiloSeconds);
        Assert.InRange(scaled.MaxSilos, 600, 1000);
        Assert.True(scaled.Drained > 0);
        // Replicas of a model share a silo only where others are full.
        Assert.InRange(scaled.MaxSkew, 0, 2);
        Assert.Equal(0, full.MaxSkew);
        // A quarter of these models meet a crowd eight times their size within two minutes, with warm-ups of 10 to 30 seconds.
        Assert.True(full.Late <= 0.03, $"{full.Late:P2} late");
    }
}
