using Orrery.Cluster.Tests.Support;
using Orrery.Engine;
using Orrery.Fleet.Scaling;
using Orrery.Grains.Supervision;
using Orrery.Interfaces.Wire;
using Xunit.Abstractions;

namespace Orrery.Cluster.Tests.Loss;

public sealed class LossTests(ITestOutputHelper output)
{
    private static readonly FleetOptions _two = new() { Replicas = new ReplicaOptions { MinReplicas = 2 } };

    [Fact]
    public async Task Answers_every_request_when_a_silo_is_killed()
    {
        using var models = new Models().With("model");
        await using var fleet = await TestFleet.StartAsync([models.Silo(), models.Silo(), models.Silo()], fleet: _two);
        await fleet.UntilAsync(view => Ready(view) == 2, "two replicas");
        var load = Load.Start(fleet.Backend, "model");
        await load.MoreAsync(200);

        var victim = fleet.Watcher.Table.View.Models.Single().Replicas[0].Silo;
        await fleet.Cluster.KillSiloAsync(fleet.Cluster.Silos.Single(silo => silo.SiloAddress.Equals(victim)));
        await fleet.UntilAsync(view => view.Silos.All(silo => !silo.Silo.Equals(victim)) && Ready(view) == 2, "two replicas on the rest");
        await load.MoreAsync(200);
        await load.StopAsync();

        output.WriteLine($"{load.Answered} answered, {load.Errors.Count} errors, the longest took {load.Longest}");
        Assert.Empty(load.Errors);
    }

    [Fact]
    public async Task Loses_nothing_when_a_silo_is_told_to_leave()
    {
        using var models = new Models().With("model");
        await using var fleet = await TestFleet.StartAsync([models.Silo(), models.Silo()]);
        await fleet.ReadyAsync("model");
        var load = Load.Start(fleet.Backend, "model");
        await load.MoreAsync(200);

        var leaving = fleet.Watcher.Table.View.Models.Single().Replicas[0].Silo;
        await fleet.Cluster.StopSiloAsync(fleet.Cluster.Silos.Single(silo => silo.SiloAddress.Equals(leaving)));
        await load.MoreAsync(200);
        await load.StopAsync();

        output.WriteLine($"{load.Answered} answered, {load.Errors.Count} errors, the longest took {load.Longest}");
        Assert.Empty(load.Errors);
        await fleet.UntilAsync(view => !view.Models.Single().Replicas.Any(replica => replica.Silo.Equals(leaving)), "no replica on the silo that left");
    }

    [Fact]
    public async Task A_model_with_one_replica_is_waited_for_when_its_silo_is_killed()
    {
        using var models = new Models().With("model");
        await using var fleet = await TestFleet.StartAsync([models.Silo(), models.Silo()]);
        await fleet.ReadyAsync("model");
        var victim = fleet.Watcher.Table.View.Models.Single().Replicas.Single().Silo;

        await fleet.Cluster.KillSiloAsync(fleet.Cluster.Silos.Single(silo => silo.SiloAddress.Equals(victim)));
        var answer = await fleet.Backend.EmbedAsync(new EmbedRequest { Model = "model", Inputs = [TextInput.Of("a")], Timeout = TimeSpan.FromSeconds(20) }, default);

        Assert.Null(answer.Error);
        answer.Value!.Dispose();
    }

    private static int Ready(ClusterView view) => view.Models.SingleOrDefault()?.Replicas.Count(replica => replica.Phase == ReplicaPhase.Ready) ?? 0;
}
