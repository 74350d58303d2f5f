using Orrery.Cluster.Tests.Support;
using Orrery.Engine;
using Orrery.Fleet.Scaling;
using Orrery.Grains.Supervision;
using Orrery.Interfaces.Wire;

namespace Orrery.Cluster.Tests.Placement;

public sealed class PinningTests
{
    [Fact]
    public async Task Runs_a_model_only_on_silos_of_its_pool()
    {
        using var models = new Models().With("on-gpu", settings: """{"pool":"gpu"}""").With("on-cpu");
        await using var fleet = await TestFleet.StartAsync([models.Silo(), models.Silo("gpu"), models.Silo()]);
        await fleet.ReadyAsync("on-gpu", "on-cpu");

        var view = fleet.Watcher.Table.View;
        var gpu = view.Silos.Single(silo => silo.Pool == Pools.Gpu).Silo;
        Assert.All(Replicas(view, "on-gpu"), replica => Assert.Equal(gpu, replica.Silo));
        Assert.All(Replicas(view, "on-cpu"), replica => Assert.NotEqual(gpu, replica.Silo));
    }

    [Fact]
    public async Task Names_the_pool_that_has_no_silo_at_once()
    {
        using var models = new Models().With("on-gpu", settings: """{"pool":"gpu"}""").With("on-cpu");
        await using var fleet = await TestFleet.StartAsync([models.Silo()]);
        await fleet.ReadyAsync("on-cpu");
        await fleet.UntilAsync(view => view.Models.Any(model => model.Info is { Name: "on-gpu", State: ModelState.Failed }), "on-gpu refused");

        var refused = (await fleet.Backend.EmbedAsync(new EmbedRequest { Model = "on-gpu", Inputs = [TextInput.Of("a")] }, default)).Error!;

        Assert.Equal(InferenceErrorKind.ModelNotReady, refused.Kind);
        Assert.Contains("no silo of pool 'gpu'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Falls_back_to_the_cpu_pool_where_the_manifest_allows_it()
    {
        using var models = new Models().With("either", settings: """{"pool":"gpu","fallback":true}""");
        await using var fleet = await TestFleet.StartAsync([models.Silo()]);
        await fleet.ReadyAsync("either");

        Assert.Equal(Pools.Cpu, ReplicaKey.Parse(Replicas(fleet.Watcher.Table.View, "either").Single().Key).Pool);
    }

    [Fact]
    public async Task Puts_nothing_where_there_is_no_room()
    {
        using var models = new Models().With("large");
        await using var fleet = await TestFleet.StartAsync([models.Silo(memory: 1000)]);
        await fleet.UntilAsync(view => view.Models.Any(model => model.Info.Reason?.Contains("waiting for room in pool 'cpu'", StringComparison.Ordinal) == true), "no room");

        Assert.Equal(InferenceErrorKind.ModelNotReady, (await fleet.Backend.EmbedAsync(new EmbedRequest { Model = "large", Inputs = [TextInput.Of("a")] }, default)).Error!.Kind);
    }

    [Fact]
    public async Task Spreads_replicas_over_silos_and_zones()
    {
        using var models = new Models().With("spread");
        var two = new FleetOptions { Replicas = new ReplicaOptions { MinReplicas = 2 } };
        await using var fleet = await TestFleet.StartAsync([models.Silo(zone: "a"), models.Silo(zone: "a"), models.Silo(zone: "b")], fleet: two);
        // The first silo there may have taken both: those that come later relieve it.
        await fleet.UntilAsync(
            view => Replicas(view, "spread").All(replica => replica.Phase == ReplicaPhase.Ready)
                && Replicas(view, "spread").Select(replica => view.Silos.Single(silo => silo.Silo.Equals(replica.Silo)).Zone).Order().SequenceEqual(["a", "b"]),
            "one replica in each zone");
    }

    private static ReplicaView[] Replicas(ClusterView view, string model) => view.Models.SingleOrDefault(one => one.Info.Name == model)?.Replicas ?? [];
}
