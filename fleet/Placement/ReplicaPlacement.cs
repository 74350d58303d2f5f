namespace Orrery.Fleet.Placement;

/// <summary>Chooses the silo of a new replica. A pure function: equal silos in any order give the same one.</summary>
public static class ReplicaPlacement
{
    /// <summary>
    /// Of the silos of the device with room: the one with fewest replicas of the model, then in the zone with fewest of them, then with compute to
    /// spare, then with the least load for its compute, then with the most free memory.
    /// </summary>
    /// <param name="replica">What is to be placed; its memory decides whether it fits, its compute only where it is better off.</param>
    /// <param name="device">cpu or gpu.</param>
    /// <param name="silos">All silos, of any device.</param>
    public static PlacementDecision Choose(PlacedReplica replica, string device, IReadOnlyList<SiloInfo> silos)
    {
        var inZone = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var silo in silos)
            inZone[silo.Zone] = inZone.GetValueOrDefault(silo.Zone) + silo.Count(replica.Model);

        SiloInfo? best = null;
        Rank bestRank = default;
        var (mostFree, any) = (0L, false);
        foreach (var silo in silos)
        {
            if (silo.Draining || silo.Device != device)
                continue;
            any = true;
            var free = silo.FreeMemory;
            mostFree = Math.Max(mostFree, free);
            if (free < replica.Memory)
                continue;
            var rank = new Rank(silo.Count(replica.Model), inZone[silo.Zone], silo.FreeSlots >= replica.Slots ? 0 : 1,
                silo.Load / Math.Max(silo.Slots, double.Epsilon), free, silo.Id);
            if (best is null || rank.CompareTo(bestRank) < 0)
                (best, bestRank) = (silo, rank);
        }
        var failure = best is not null ? PlacementFailure.None : any ? PlacementFailure.NoRoom : PlacementFailure.NoSiloOfDevice;
        return new(best, failure, mostFree);
    }

    /// <summary>
    /// The silo on which a replica of the model ends when there are too many: a draining one, else where most of the model's are, else where its memory is
    /// scarcest. Null when the model has none.
    /// </summary>
    /// <param name="model">The model's name and version.</param>
    /// <param name="silos">All silos.</param>
    public static SiloInfo? ToEnd(string model, IReadOnlyList<SiloInfo> silos)
    {
        SiloInfo? best = null;
        (bool, int, long) bestRank = default;
        foreach (var silo in silos)
        {
            var here = silo.Count(model);
            if (here == 0)
                continue;
            var rank = (silo.Draining, here, -silo.FreeMemory);
            var order = best is null ? 1 : rank.CompareTo(bestRank);
            if (order > 0 || (order == 0 && string.CompareOrdinal(silo.Id, best!.Id) < 0))
                (best, bestRank) = (silo, rank);
        }
        return best;
    }

    private readonly record struct Rank(int Here, int InZone, int Crowded, double Load, long Free, string Id)
    {
        public int CompareTo(in Rank other)
        {
            if (Here != other.Here)
                return Here.CompareTo(other.Here);
            if (InZone != other.InZone)
                return InZone.CompareTo(other.InZone);
            if (Crowded != other.Crowded)
                return Crowded.CompareTo(other.Crowded);
            if (Load != other.Load)
                return Load.CompareTo(other.Load);
            return Free != other.Free ? other.Free.CompareTo(Free) : string.CompareOrdinal(Id, other.Id);
        }
    }
}
