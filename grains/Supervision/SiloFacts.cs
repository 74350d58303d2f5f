using Orrery.Fleet.Placement;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Supervision;

/// <summary>Silos as placement knows them.</summary>
internal static class SiloFacts
{
    /// <summary>The silo that placement chose.</summary>
    public static SiloAddress Find(IEnumerable<SiloReport> silos, string id) => silos.First(silo => silo.Silo.ToParsableString() == id).Silo;

    public static SiloInfo Of(SiloReport silo)
    {
        var load = 0.0;
        foreach (var replica in silo.Replicas)
            load += replica.Load.QueuedTokens;
        return new SiloInfo(
            silo.Silo.ToParsableString(), silo.Pool, silo.Zone, silo.Memory, silo.Cores, silo.Draining || silo.Silent, load,
            [.. silo.Replicas.Select(replica => new PlacedReplica(ReplicaKey.Parse(replica.Key).Model, replica.Memory, 1))]);
    }
}
