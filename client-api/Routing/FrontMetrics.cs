using System.Diagnostics.Metrics;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Routing;

/// <summary>The front's instruments over the cluster.</summary>
internal sealed class FrontMetrics : IDisposable
{
    public const string MeterName = "Orrery.Cluster";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _retries;
    private readonly Counter<long> _losses;
    private Func<ClusterView>? _view;

    public FrontMetrics()
    {
        _retries = _meter.CreateCounter<long>("orrery.cluster.retries", "{call}", "Calls made again on another replica, by cause.");
        _losses = _meter.CreateCounter<long>("orrery.cluster.losses", "{loss}", "Gateways and silos lost with calls on their way.");
        _meter.CreateObservableGauge("orrery.cluster.replicas", Replicas, "{replica}", "Replicas by model and phase.");
        _meter.CreateObservableGauge("orrery.cluster.replicas.desired", () => View().Models.Select(model => new Measurement<int>(model.Desired, Tag("model", model.Info.Name))), "{replica}", "Replicas that a model should have.");
        _meter.CreateObservableGauge("orrery.pool.desired_silos", () => View().Pools.Select(pool => new Measurement<int>(pool.Desired, Tag("pool", pool.Pool))), "{silo}", "Silos that a pool should have.");
        _meter.CreateObservableGauge("orrery.pool.silos", () => View().Pools.Select(pool => new Measurement<int>(pool.Current, Tag("pool", pool.Pool))), "{silo}", "Silos that a pool has.");
    }

    /// <summary>Where gauges read the cluster.</summary>
    public void Observe(Func<ClusterView> view) => _view = view;

    public void Retried(string cause) => _retries.Add(1, Tag("cause", cause));

    /// <summary>With calls on their way, each of which is counted when it is made again.</summary>
    public void GatewayLost() => _losses.Add(1, Tag("what", "gateway"));

    /// <summary>Likewise.</summary>
    public void SiloLost() => _losses.Add(1, Tag("what", "silo"));

    public void Dispose() => _meter.Dispose();

    private ClusterView View() => _view?.Invoke() ?? RoutingTable.Empty.View;

    private IEnumerable<Measurement<int>> Replicas() =>
        View().Models.SelectMany(model => model.Replicas.GroupBy(replica => replica.Phase).Select(group =>
            new Measurement<int>(group.Count(), Tag("model", model.Info.Name), Tag("phase", group.Key.ToString().ToLowerInvariant()))));

    private static KeyValuePair<string, object?> Tag(string key, string value) => new(key, value);
}
