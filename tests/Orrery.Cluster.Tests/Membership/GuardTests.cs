using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.Storage;
using Orrery.Cluster.Tests.Support;
using Orrery.Engine;
using Orrery.Grains.Membership;
using Orrery.Grains.Registry;
using Orrery.Grains.Replicas;
using Orrery.Interfaces;

namespace Orrery.Cluster.Tests.Membership;

/// <summary>What must not decide twice does not, in real silos.</summary>
public sealed class GuardTests
{
    [Fact]
    public async Task A_silo_decides_nothing_while_it_is_not_told_that_it_is_a_member()
    {
        using var models = new Models().With("model");
        var cut = false;
        await using var fleet = await TestFleet.StartAsync([models.Silo()], configure: silo => silo.Services.AddSingleton(services => new MembershipLease(
            Scripted.Create<IMembershipTable>((method, arguments) =>
                Volatile.Read(ref cut) ? Task.FromException<MembershipTableData>(new TimeoutException()) : method.Invoke(services.GetRequiredService<IMembershipTable>(), arguments)),
            services.GetRequiredService<ILocalSiloDetails>(), services.GetRequiredService<IWitnesses>(), TimeProvider.System, NullLogger<MembershipLease>.Instance)));
        await fleet.ReadyAsync("model");
        Assert.NotNull((await fleet.Backend.UnloadAsync("model", CancellationToken.None)).Value);
        var silo = fleet.Cluster.Silos[0].ServiceProvider;
        var lease = silo.GetRequiredService<MembershipLease>();

        Volatile.Write(ref cut, true);
        await UntilAsync(() => Task.FromResult(!lease.Held), "the lease lapsed");
        Assert.Equal(InferenceErrorKind.Unavailable, (await fleet.Backend.LoadAsync("model", CancellationToken.None)).Error?.Kind);
        Assert.Equal(InferenceErrorKind.Unavailable, (await fleet.Backend.UnloadAsync("model", CancellationToken.None)).Error?.Kind);
        Assert.Null(await Registry(fleet).DrainOneAsync("cpu"));
        // What it last said of the cluster may not be so any more.
        Assert.Null(await Registry(fleet).WatchAsync(default));
        Assert.Empty(silo.GetRequiredService<ReplicaHost>().Replicas);

        Volatile.Write(ref cut, false);
        // Asked again: on a machine that stands still it may lapse once more.
        await UntilAsync(async () => await Registry(fleet).WatchAsync(default) is not null, "the view told");
        await UntilAsync(async () => (await fleet.Backend.LoadAsync("model", CancellationToken.None)).Value?.State == ModelState.Ready, "the model loaded");
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        for (var clock = Stopwatch.StartNew(); !await isSo(); await Task.Delay(20))
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), $"not seen: {what}");
    }

    [Fact]
    public async Task A_registry_whose_silo_leaves_keeps_those_that_ask_what_is_new_a_moment()
    {
        await using var fleet = await TestFleet.StartAsync([new SiloRole { Engine = new EngineOptions { ModelDirectories = [] } }]);
        fleet.Cluster.Silos[0].ServiceProvider.GetRequiredService<ReplicaHost>().Drain();
        await fleet.UntilAsync(view => view.Silos is [{ Draining: true }], "the silo draining");
        var (questions, news) = (0, 0);
        for (var began = Stopwatch.StartNew(); began.Elapsed < TimeSpan.FromSeconds(1); questions++)
            news += await Registry(fleet).WatchAsync(fleet.Watcher.Table.View.Version) is null ? 0 : 1;
        Assert.InRange(questions - news, 0, 20);
    }

    [Fact]
    public async Task A_write_of_the_catalogue_that_fails_is_made_again_though_the_one_before_it_had_not()
    {
        using var models = new Models().With("a").With("b");
        var storage = new ScriptedStorage();
        await using var fleet = await TestFleet.StartAsync([models.Silo()], configure: silo => silo.Services.AddKeyedSingleton<IGrainStorage>(RegistryGrain.Storage, storage));
        await fleet.ReadyAsync("a", "b");
        var (first, second) = (storage.Next(), storage.Next());
        var unloads = Task.WhenAll(Registry(fleet).UnloadAsync("a"), Registry(fleet).UnloadAsync("b"));
        await first.Begun.Task.WaitAsync(TimeSpan.FromSeconds(30));
        // It has taken the other in by the time that it has answered this.
        await Registry(fleet).WatchAsync(fleet.Watcher.Table.View.Version);
        var third = storage.Next();
        first.End.SetResult();
        second.End.SetException(new IOException("the disk is full"));
        third.End.SetResult();
        await third.Begun.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains(await unloads, answer => answer.Error is { Kind: InferenceErrorKind.Unavailable });
    }

    [Fact]
    public async Task The_clock_of_membership_counts_from_the_silos_start_and_not_from_the_machines()
    {
        await using var fleet = await TestFleet.StartAsync([new SiloRole { Engine = new EngineOptions { ModelDirectories = [] } }]);
        var clock = fleet.Cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<TimeProvider>(TimeProviderNames.Membership);
        Assert.InRange(clock.GetElapsedTime(0), TimeSpan.Zero, DateTime.Now - Process.GetCurrentProcess().StartTime);
    }

    private static IRegistryGrain Registry(TestFleet fleet) => fleet.Cluster.Client.GetGrain<IRegistryGrain>(0);

    [Fact]
    public void The_directory_waits_longer_than_a_lease_lasts()
    {
        var (membership, directory) = (new ClusterMembershipOptions(), new GrainDirectoryOptions());
        LossDetection.Configure(membership);
        LossDetection.Configure(directory);
        // As DistributedGrainDirectory.CalculateDeadSiloLeaseDuration has it (Orleans 10.4.2).
        var waited = directory.RangeLeaseDuration - (membership.MaxProbeTimeout * membership.NumMissedProbesLimit);
        Assert.True(waited > MembershipLease.Duration, $"{waited} after a silo was declared dead; it may decide for {MembershipLease.Duration}");
    }

    /// <summary>Writes what comes at once, but for the writes that the test has said it ends itself.</summary>
    private sealed class ScriptedStorage : IGrainStorage
    {
        private readonly ConcurrentQueue<Write> _scripted = new();

        public Write Next()
        {
            var write = new Write();
            _scripted.Enqueue(write);
            return write;
        }

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (stateName != "catalogue" || !_scripted.TryDequeue(out var write))
                return Task.CompletedTask;
            write.Begun.SetResult();
            return write.End.Task;
        }
    }

    private sealed class Write
    {
        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
