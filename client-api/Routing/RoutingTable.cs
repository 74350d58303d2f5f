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

    /// <summary>Whether detectors are missing just because no replica of their model answers at the moment, as while one is being replaced: then they come back with it.</summary>
    /// <param name="which">The detectors that are meant.</param>
    public bool Come(Func<DetectorInfo, bool> which)
    {
        foreach (var detector in Detectors)
        {
            if (detector.State != ModelState.Ready && which(detector) && Names.TryGetValue(detector.Model, out var model)
                && model.State == ModelState.Loading && model.Digest == detector.ModelDigest && routes[model.Name].Answered)
                return true;
        }

        return false;
    }
}
