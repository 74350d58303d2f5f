using Orleans.Concurrency;
using Orrery.Engine;
using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces;

/// <summary>What the registry asks of a silo that reports.</summary>
/// <param name="SendModels">The next report is to bring models and detectors.</param>
/// <param name="Scan">The directories are to be looked through again if this number is higher than the last.</param>
/// <param name="Drain">It is to leave.</param>
/// <param name="Alone">No other silo answers and stays: nobody can take its replicas over.</param>
[GenerateSerializer, Immutable, Alias("orrery.silo-orders")]
public readonly record struct SiloOrders([property: Id(0)] bool SendModels, [property: Id(1)] long Scan, [property: Id(2)] bool Drain,
    [property: Id(3)] bool Alone = false);

/// <summary>
/// The catalogue: which models silos have, which of them should be served, at which version; and the view of the cluster that fronts
/// route by. One in the cluster; never asked on a request's way.
/// </summary>
[Alias("orrery.registry-grain")]
public interface IRegistryGrain : IGrainWithIntegerKey
{
    /// <summary>Waits until the view is another than the one that is known, at most a second.</summary>
    /// <returns>The view; null when nothing changed.</returns>
    [AlwaysInterleave, Alias("Watch")]
    Task<ClusterView?> WatchAsync(ViewVersion known);

    /// <summary>A silo says what it is and has.</summary>
    [AlwaysInterleave, Alias("Report")]
    Task<SiloOrders> ReportAsync(SiloReport report);

    /// <summary>A supervisor says how its model stands.</summary>
    [AlwaysInterleave, Alias("Publish")]
    Task PublishAsync(string model, ModelView view);

    /// <summary>A supervisor wants to start a version: noted before it may, so that a silo's end tells of it.</summary>
    [AlwaysInterleave, Alias("BeginTrial")]
    Task<TrialAnswer> BeginTrialAsync(string model, string digest, SiloAddress silo);

    /// <summary>A supervisor, or a silo that tried a version apart, says what came of it.</summary>
    [AlwaysInterleave, Alias("EndTrial")]
    Task EndTrialAsync(string digest, SiloAddress silo, TrialOutcome outcome, string? reason);

    /// <summary>Serves a model, or rolls it over to the newest version that silos have.</summary>
    [AlwaysInterleave, ResponseTimeout("00:30:00"), Alias("Load")]
    Task<Answer<Value<ModelInfo>>> LoadAsync(string model);

    /// <summary>Serves a model no more.</summary>
    [AlwaysInterleave, ResponseTimeout("00:30:00"), Alias("Unload")]
    Task<Answer<Value<ModelInfo>>> UnloadAsync(string model);

    /// <summary>Drains the silo of a pool that is cheapest to empty: what a scaler calls before it takes one away.</summary>
    /// <returns>The silo; null when the pool has none that may go.</returns>
    [AlwaysInterleave, Alias("DrainOne")]
    Task<SiloAddress?> DrainOneAsync(string pool);
}
