using Orrery.Fleet.Scaling;
using Xunit.Abstractions;

namespace Orrery.Fleet.Tests.Simulation;

public sealed class ClusterSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void A_hundred_models_on_up_to_a_thousand_silos_are_answered_in_time()
    {
        var traces = Enumerable.Range(0, 100).Select(i => (i % 4) switch
        {
            0 => ArrivalTrace.Synthetic($"steady-{i}", 1200, _ => 4 + i * 0.3, i),
            1 => ArrivalTrace.Synthetic($"wave-{i}", 1200, t => 20 - 15 * Math.Cos(2 * Math.PI * t / 1200 + i), i),
            2 => ArrivalTrace.Synthetic($"ramp-{i}", 1200, t => 3 + 45 * Math.Clamp((t - 200 - i) / 450, 0, 1), i),
            _ => ArrivalTrace.Synthetic($"crowd-{i}", 1200, t => 5 + 40 * Math.Clamp(Math.Min((t - 300 - 4 * i) / 120, (1000 - t) / 120), 0, 1), i),
        }).ToList();
        var result = new ClusterSimulation(traces, new ReplicaOptions { MaxReplicas = 200 }, new PoolOptions { MinSilos = 450, MaxSilos = 1000 }).Run(120);
        output.WriteLine($"late {result.Late:P3}, silos at most {result.MaxSilos}, replica-seconds {result.ReplicaSeconds:0}, slots used "
            + $"{result.ReplicaSeconds / (4 * result.SiloSeconds):P0}, waited {result.Waited} replica-seconds, drained {result.Drained}, skew {result.MaxSkew}");
        Assert.InRange(result.MaxSilos, 500, 1000);
        Assert.True(result.Drained > 0);
        Assert.True(result.Late <= 0.01, $"{result.Late:P2} late");
    }
}
