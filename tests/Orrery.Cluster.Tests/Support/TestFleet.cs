using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using Orrery.ClientApi;
using Orrery.ClientApi.Backend;
using Orrery.ClientApi.Routing;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Grains.Hosting;
using Orrery.Grains.Registry;
using Orrery.Grains.Replicas;
using Orrery.Grains.Supervision;

namespace Orrery.Cluster.Tests.Support;

/// <summary>A real Orleans cluster in this process: silos of ours and a front's backend before them.</summary>
public sealed class TestFleet : IAsyncDisposable
{
    private readonly VectorFolders? _vectors;

    private TestFleet(InProcessTestCluster cluster, VectorFolders? vectors) => (Cluster, _vectors) = (cluster, vectors);

    public InProcessTestCluster Cluster { get; }

    public IInferenceBackend Backend => Cluster.Client.ServiceProvider.GetRequiredService<IInferenceBackend>();

    public IVectorStore Vectors => Cluster.Client.ServiceProvider.GetRequiredService<IVectorStore>();

    internal ClusterWatcher Watcher => Cluster.Client.ServiceProvider.GetRequiredService<ClusterWatcher>();

    /// <summary>Starts silos that share directories of models.</summary>
    /// <param name="roles">One a silo.</param>
    /// <param name="front">Of the front.</param>
    /// <param name="fleet">Of the supervisors.</param>
    /// <param name="vectors">A folder of vectors for each silo, opened here and closed with the cluster; null for a cluster that keeps none.</param>
    /// <param name="stores">How many of the silos have a folder; null for all.</param>
    /// <param name="configure">Changes each silo further.</param>
    public static async Task<TestFleet> StartAsync(IReadOnlyList<SiloRole> roles, FrontOptions? front = null, FleetOptions? fleet = null, VectorFolders? vectors = null, int? stores = null, Action<ISiloBuilder>? configure = null)
    {
        if (vectors is not null)
            await vectors.OpenAsync(stores ?? roles.Count);
        var builder = new InProcessTestClusterBuilder((short)roles.Count);
        // The one that our silos have, not one that all of this process share.
#pragma warning disable ORLEANSEXP003
        builder.Options.UseDistributedGrainDirectory = true;
#pragma warning restore ORLEANSEXP003
        var next = -1;
        builder.ConfigureSilo((_, silo) =>
        {
            // Those that are added later are like the last one.
            var place = Interlocked.Increment(ref next);
            var role = roles[Math.Min(place, roles.Count - 1)];
            silo.AddMemoryGrainStorage(RegistryGrain.Storage);
            silo.AddOrrery(role, new DeviceProbe("test", role.Memory > 0 ? role.Memory : 8L << 30, 2), fleet ?? new FleetOptions(), vectors?.Options, vectors?.Take(place));
            configure?.Invoke(silo);
        });
        builder.ConfigureClient(client => client.AddOrrery(front ?? new FrontOptions(), vectors?.Options));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        var started = new TestFleet(cluster, vectors);
        await started.UntilAsync(_ => started.Watcher.Obstacle is null, "the cluster");
        return started;
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

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        if (_vectors is not null)
            await _vectors.CloseAsync();
    }
}
