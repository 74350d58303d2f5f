using Orleans.Concurrency;
using Orrery.Engine;
using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces;

/// <summary>
/// The catalogue: which models silos have, which of them should be served, at which version; and the view of the cluster that fronts
/// route by. One in the cluster; never asked on a request's way.
/// </summary>
[Alias("orrery.registry-grain")]
public interface IRegistryGrain : IGrainWithIntegerKey
{
    /// <summary>Waits until the view is another than the one that is known, at most some seconds.</summary>
    /// <returns>The view; null when nothing changed.</returns>
    [AlwaysInterleave]
    Task<ClusterView?> WatchAsync(ViewVersion known);

    /// <summary>A silo says what it is and has.</summary>
    /// <returns>Whether the registry knows the silo's models; false asks for a report that brings them.</returns>
    [AlwaysInterleave]
    Task<bool> ReportAsync(SiloReport report);

    /// <summary>A supervisor says how its model stands.</summary>
    [AlwaysInterleave]
    Task PublishAsync(string model, ModelView view);

    /// <summary>Serves a model, or rolls it over to the newest version that silos have.</summary>
    [AlwaysInterleave]
    Task<Answer<Value<ModelInfo>>> LoadAsync(string model);

    /// <summary>Serves a model no more.</summary>
    [AlwaysInterleave]
    Task<Answer<Value<ModelInfo>>> UnloadAsync(string model);

    /// <summary>Drains the silo of a pool that is cheapest to empty: what a scaler calls before it takes one away.</summary>
    /// <returns>The silo; null when the pool has none that may go.</returns>
    [AlwaysInterleave]
    Task<SiloAddress?> DrainOneAsync(string pool);
}
