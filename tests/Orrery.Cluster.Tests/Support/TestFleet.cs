using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using Orrery.ClientApi;
using Orrery.ClientApi.Backend;
using Orrery.ClientApi.Routing;
using Orrery.Engine;
using Orrery.Grains.Hosting;
using Orrery.Grains.Registry;
using Orrery.Grains.Replicas;
using Orrery.Grains.Supervision;

namespace Orrery.Cluster.Tests.Support;

/// <summary>A real Orleans cluster in this process: silos of ours and a front's backend before them.</summary>
public sealed class TestFleet : IAsyncDisposable
{
    private TestFleet(InProcessTestCluster cluster) => Cluster = cluster;

    public InProcessTestCluster Cluster { get; }

    public IInferenceBackend Backend => Cluster.Client.ServiceProvider.GetRequiredService<IInferenceBackend>();

    internal ClusterWatcher Watcher => Cluster.Client.ServiceProvider.GetRequiredService<ClusterWatcher>();

    /// <summary>Starts silos that share directories of models.</summary>
    /// <param name="roles">One a silo.</param>
    /// <param name="front">Of the front.</param>
    /// <param name="fleet">Of the supervisors.</param>
    public static async Task<TestFleet> StartAsync(IReadOnlyList<SiloRole> roles, FrontOptions? front = null, FleetOptions? fleet = null)
    {
        var builder = new InProcessTestClusterBuilder((short)roles.Count);
        var next = -1;
        builder.ConfigureSilo((_, silo) =>
        {
            // Those that are added later are like the last one.
            var role = roles[Math.Min(Interlocked.Increment(ref next), roles.Count - 1)];
            silo.AddMemoryGrainStorage(RegistryGrain.Storage);
            silo.AddOrrery(role, new DeviceProbe("test", role.Memory > 0 ? role.Memory : 8L << 30, 2), fleet ?? new FleetOptions());
        });
        builder.ConfigureClient(client => client.AddOrrery(front ?? new FrontOptions()));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new TestFleet(cluster);
    }

    /// <summary>Waits until the front sees what is wanted.</summary>
    public async Task UntilAsync(Func<Interfaces.Wire.ClusterView, bool> seen, string what)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            var changed = Watcher.Changed;
            if (seen(Watcher.Table.View))
                return;
            try
            {
                await changed.WaitAsync(late.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"not seen: {what}; models: {string.Join(", ", Watcher.Table.View.Models.Select(model =>
                    $"{model.Info.Name} {model.Info.State} {model.Info.Reason}, {model.Desired} desired, {string.Join(" ", model.Replicas.Select(replica => $"{replica.Phase} {replica.Load}"))}"))}");
            }
        }
    }

    /// <summary>Waits until every model of a list answers.</summary>
    public Task ReadyAsync(params string[] models) => UntilAsync(
        view => models.All(name => view.Models.Any(model => model.Info.Name == name && model.Info.State == ModelState.Ready)), $"{string.Join(", ", models)} ready");

    public async ValueTask DisposeAsync() => await Cluster.DisposeAsync();
}
