using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orrery.Cluster.Tests.Support;
using Orrery.Engine;
using Orrery.Grains.Membership;
using Orrery.Grains.Replicas;

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
        while (lease.Held)
            await Task.Delay(20);
        var load = fleet.Backend.LoadAsync("model", CancellationToken.None).AsTask();
        // Ten times as long as a supervisor takes to start a replica.
        await Task.WhenAny(load, Task.Delay(TimeSpan.FromSeconds(1)));
        Assert.False(load.IsCompleted);
        Assert.Empty(silo.GetRequiredService<ReplicaHost>().Replicas);

        Volatile.Write(ref cut, false);
        Assert.Equal(ModelState.Ready, (await load).Value?.State);
    }

    [Fact]
    public async Task The_clock_of_membership_counts_from_the_silos_start_and_not_from_the_machines()
    {
        await using var fleet = await TestFleet.StartAsync([new SiloRole { Engine = new EngineOptions { ModelDirectories = [] } }]);
        var clock = fleet.Cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<TimeProvider>(TimeProviderNames.Membership);
        Assert.InRange(clock.GetElapsedTime(0), TimeSpan.Zero, DateTime.Now - Process.GetCurrentProcess().StartTime);
    }

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
}
