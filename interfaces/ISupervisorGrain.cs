using Orleans.Concurrency;
using Orrery.Engine;
using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces;

/// <summary>What a supervisor needs to know of the cluster.</summary>
/// <param name="Target">The version to serve; null to serve none.</param>
/// <param name="Versions">Every version that a silo has.</param>
/// <param name="Silos">The silos that live.</param>
/// <param name="Holders">For each version (by digest) the silos that have its files.</param>
/// <param name="OthersPending">Whether another model of a pool has no replica yet, though it should.</param>
/// <param name="Vacated">A silo that standbys leave to another model's first replica; null for none.</param>
/// <param name="Anew">Whether what was refused is to be tried again at once.</param>
/// <param name="Trials">Whether the registry is to be asked before a version is started for the first time: one of an older release knows of no trials.</param>
[GenerateSerializer, Immutable, Alias("orrery.model-orders")]
public sealed record ModelOrders(
    [property: Id(0)] string? Target, [property: Id(1)] FoundModel[] Versions, [property: Id(2)] SiloReport[] Silos, [property: Id(3)] Dictionary<string, SiloAddress[]> Holders,
    [property: Id(4)] bool OthersPending = false, [property: Id(5)] SiloAddress? Vacated = null,
    [property: Id(6)] bool Anew = false, [property: Id(7)] bool Trials = false);

/// <summary>One a model: starts, watches, scales, replaces and rolls over its replicas. The key is the model's name.</summary>
[Alias("orrery.supervisor-grain")]
public interface ISupervisorGrain : IGrainWithStringKey
{
    /// <summary>Tells what is to be served and where it may run; again at every change.</summary>
    /// <returns>How the model stands.</returns>
    [AlwaysInterleave, Alias("Update")]
    Task<ModelView> UpdateAsync(ModelOrders orders);

    /// <summary>Someone waits for a model that sleeps.</summary>
    [AlwaysInterleave, Alias("Wake")]
    Task WakeAsync();

    /// <summary>Waits until the target version answers, or is refused, or none is served.</summary>
    [AlwaysInterleave, ResponseTimeout("00:30:00"), Alias("Settled")]
    Task<Answer<Value<ModelInfo>>> SettledAsync();
}
