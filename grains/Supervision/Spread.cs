namespace Orrery.Grains.Supervision;

/// <summary>Whether replicas of a model stand well apart. Pure.</summary>
internal static class Spread
{
    /// <summary>Whether a replica would stand better on a silo than where one stands now: alone instead of beside another, or in a zone without one instead of in one with several.</summary>
    /// <param name="place">The silo.</param>
    /// <param name="taken">The silos of the replicas there are, one entry a replica.</param>
    /// <param name="zones">Every silo's zone.</param>
    public static bool Improves(SiloAddress place, IReadOnlyCollection<SiloAddress> taken, IReadOnlyDictionary<SiloAddress, string> zones)
    {
        if (taken.Contains(place))
            return false;
        return taken.GroupBy(silo => silo).Any(silo => silo.Count() > 1)
            || (taken.All(silo => zones[silo] != zones[place]) && taken.GroupBy(silo => zones[silo]).Any(zone => zone.Count() > 1));
    }

    /// <summary>The replicas in the order in which they may go: from a silo that is to be vacated first, then from the silo with most of them first, then from the zone with most, then the idlest.</summary>
    public static IOrderedEnumerable<ManagedReplica> BySurplus(IReadOnlyCollection<ManagedReplica> replicas, IReadOnlyDictionary<SiloAddress, string> zones, SiloAddress? vacated = null) => replicas
        .OrderByDescending(replica => replica.Silo.Equals(vacated))
        .ThenByDescending(replica => replicas.Count(other => other.Silo.Equals(replica.Silo)))
        .ThenByDescending(replica => replicas.Count(other => zones.GetValueOrDefault(other.Silo) == zones.GetValueOrDefault(replica.Silo)))
        .ThenBy(replica => replica.Load.QueuedTokens);
}
