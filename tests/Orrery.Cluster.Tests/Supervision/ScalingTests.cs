using Microsoft.Extensions.DependencyInjection;
using Orrery.Cluster.Tests.Support;
using Orrery.Engine;
using Orrery.Fleet.Scaling;
using Orrery.Grains.Replicas;
using Orrery.Grains.Supervision;
using Orrery.Interfaces.Wire;

namespace Orrery.Cluster.Tests.Supervision;

public sealed class ScalingTests
{
    [Fact]
    public async Task Starts_replicas_when_work_queues_and_ends_them_when_it_is_gone()
    {
        using var models = new Models().With("model");
        // A short wait is too long here, and a load is soon forgotten.
        var eager = new FleetOptions
        {
            Replicas = new ReplicaOptions
            {
                MaxReplicas = 3,
                TargetQueueDelay = TimeSpan.FromMilliseconds(1),
                QueueDelayLimit = TimeSpan.FromMilliseconds(10),
                LevelTime = TimeSpan.FromSeconds(1),
                TrendTime = TimeSpan.FromSeconds(2),
                StabilizationWindow = TimeSpan.FromSeconds(3),
                MaxStabilizationWindow = TimeSpan.FromSeconds(3),
            },
        };
        await using var fleet = await TestFleet.StartAsync([models.Silo(), models.Silo(), models.Silo()], fleet: eager);
        await fleet.ReadyAsync("model");

        var load = Load.Start(fleet.Backend, "model", callers: 64, texts: 16);
        await fleet.UntilAsync(view => Ready(view) > 1, "more replicas");
        await load.StopAsync();

        Assert.Empty(load.Errors);
        await fleet.UntilAsync(view => view.Models.Single().Replicas.Length == 1, "one replica again");
    }

    [Fact]
    public async Task Replaces_a_replica_that_fails_its_probes()
    {
        using var models = new Models().With("model");
        var options = new FleetOptions { ProbeEvery = TimeSpan.FromMilliseconds(200) };
        await using var fleet = await TestFleet.StartAsync([models.Silo()], fleet: options);
        await fleet.ReadyAsync("model");
        var first = fleet.Watcher.Table.View.Models.Single().Replicas.Single().Key;

        // Its session is gone, as after a fault of the device; its grain lives.
        var host = fleet.Cluster.GetSiloServiceProvider(fleet.Cluster.Silos[0].SiloAddress).GetRequiredService<ReplicaHost>();
        await host.FindAny(first)!.DisposeAsync();

        await fleet.UntilAsync(view => view.Models.Single().Replicas is [{ Phase: ReplicaPhase.Ready } replica] && replica.Key != first, "another replica");
        var answer = await fleet.Backend.EmbedAsync(new EmbedRequest { Model = "model", Inputs = [TextInput.Of("a")] }, default);
        Assert.Null(answer.Error);
        answer.Value!.Dispose();
    }

    private static int Ready(ClusterView view) => view.Models.Single().Replicas.Count(replica => replica.Phase == ReplicaPhase.Ready);
}
