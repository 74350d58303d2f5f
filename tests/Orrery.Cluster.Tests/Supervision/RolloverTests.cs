using Orleans.Core.Internal;
using Orrery.Cluster.Tests.Support;
using Orrery.Engine;
using Orrery.Fleet.Scaling;
using Orrery.Grains.Supervision;
using Orrery.Interfaces;

namespace Orrery.Cluster.Tests.Supervision;

public sealed class RolloverTests
{
    [Fact]
    public async Task Rolls_over_to_a_new_version_without_a_failed_request()
    {
        using var models = new Models().With("model/1");
        var two = new FleetOptions { Replicas = new ReplicaOptions { MinReplicas = 2 } };
        await using var fleet = await TestFleet.StartAsync([models.Silo(), models.Silo()], fleet: two);
        await fleet.ReadyAsync("model");
        var old = fleet.Backend.Find("model").Value!.Digest;
        var load = Load.Start(fleet.Backend, "model");
        await load.MoreAsync(50);

        models.With("model/2", "tiny-cls");
        var loaded = await fleet.Backend.LoadAsync("model", default);
        await load.MoreAsync(200);
        await load.StopAsync();

        Assert.Null(loaded.Error);
        Assert.NotEqual(old, loaded.Value!.Digest);
        Assert.Empty(load.Errors);
        Assert.Equal([old, loaded.Value.Digest], load.Versions.Keys.OrderBy(version => version == old ? 0 : 1));
        await fleet.UntilAsync(view => view.Models.Single().Replicas.All(replica => replica.Digest == loaded.Value.Digest), "the old replicas gone");
    }

    [Fact]
    public async Task Keeps_the_old_version_when_the_new_one_is_refused()
    {
        using var models = new Models().With("model/1");
        await using var fleet = await TestFleet.StartAsync([models.Silo()]);
        await fleet.ReadyAsync("model");
        var old = fleet.Backend.Find("model").Value!.Digest;

        models.With("model/2", torn: true);
        var refused = await fleet.Backend.LoadAsync("model", default);
        var answer = await fleet.Backend.EmbedAsync(new EmbedRequest { Model = "model", Inputs = [TextInput.Of("a")] }, default);

        Assert.Contains("cannot be loaded", refused.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(old, answer.Value!.Version);
        answer.Value.Dispose();
    }

    [Fact]
    public async Task A_new_version_waits_to_be_asked_for_though_the_registry_begins_anew()
    {
        using var models = new Models().With("model/1");
        await using var fleet = await TestFleet.StartAsync([models.Silo()]);
        await fleet.ReadyAsync("model");
        var old = fleet.Backend.Find("model").Value!.Digest;
        models.With("model/2", "tiny-cls").With("other");
        // Whoever has found the other has found the new version too.
        await fleet.ReadyAsync("other");

        var epoch = fleet.Watcher.Table.View.Version.Epoch;
        await fleet.Cluster.Client.GetGrain<IRegistryGrain>(0).Cast<IGrainManagementExtension>().DeactivateOnIdle();
        await fleet.UntilAsync(view => view.Version.Epoch != epoch, "another registry");
        // A silo loads one after another: what the new registry had asked for is there before this one.
        models.With("third");
        await fleet.ReadyAsync("model", "third");

        Assert.Equal(old, fleet.Backend.Find("model").Value!.Digest);
    }

    [Fact]
    public async Task Sleeps_when_nobody_asks_and_wakes_for_whoever_does()
    {
        using var models = new Models().With("model");
        var sleepy = new FleetOptions { Replicas = new ReplicaOptions { MinReplicas = 0, IdleTimeout = TimeSpan.FromSeconds(2) } };
        await using var fleet = await TestFleet.StartAsync([models.Silo()], fleet: sleepy);
        await fleet.ReadyAsync("model");
        await fleet.UntilAsync(view => view.Models.Single() is { Asleep: true, Replicas: [] }, "asleep");
        Assert.Equal(ModelState.Ready, fleet.Backend.Find("model").Value!.State);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            fleet.Backend.EmbedAsync(new EmbedRequest { Model = "model", Inputs = [TextInput.Of($"text {i}")], Timeout = TimeSpan.FromSeconds(20) }, default).AsTask()));

        Assert.All(answers, answer => Assert.Null(answer.Error));
        foreach (var answer in answers)
            answer.Value!.Dispose();
    }

    [Fact]
    public async Task Unloads_and_loads_again()
    {
        using var models = new Models().With("model");
        await using var fleet = await TestFleet.StartAsync([models.Silo()]);
        await fleet.ReadyAsync("model");

        Assert.Equal(ModelState.Unloaded, (await fleet.Backend.UnloadAsync("model", default)).Value!.State);
        var refused = await fleet.Backend.EmbedAsync(new EmbedRequest { Model = "model", Inputs = [TextInput.Of("a")] }, default);
        Assert.Equal(InferenceErrorKind.ModelNotReady, refused.Error!.Kind);
        Assert.Equal(ModelState.Ready, (await fleet.Backend.LoadAsync("model", default)).Value!.State);
    }
}
