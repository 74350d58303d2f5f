using Orrery.Engine;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Routing;

/// <summary>The cluster as requests see it: an immutable snapshot around routes that carry what is known of loads.</summary>
internal sealed class RoutingTable(ClusterView view, IReadOnlyDictionary<string, ModelRoute> routes)
{
    /// <summary>Before the first view.</summary>
    public static RoutingTable Empty { get; } =
        new(new ClusterView { Version = default, Silos = [], Models = [], Detectors = [], Pools = [] }, new Dictionary<string, ModelRoute>());

    public ClusterView View => view;

    public IReadOnlyList<ModelInfo> Models { get; } = Array.ConvertAll(view.Models, model => model.Info);

    public IReadOnlyDictionary<string, ModelInfo> Names { get; } = ModelLookup.Names(Array.ConvertAll(view.Models, model => model.Info));

    public IReadOnlyList<DetectorInfo> Detectors => view.Detectors;

    public ModelRoute Route(string model) => routes[model];
}
