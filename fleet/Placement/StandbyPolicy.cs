namespace Orrery.Fleet.Placement;

/// <summary>
/// How many replicas a model has for the case that a silo is lost, whatever its load: each on a silo of its own, and only where it takes no room from
/// another model's first. Pure functions.
/// </summary>
public static class StandbyPolicy
{
    /// <summary>The least number of replicas of a model.</summary>
    /// <param name="wanted">As many as were asked for; where the pool has fewer silos with room, fewer.</param>
    /// <param name="replica">The model.</param>
    /// <param name="device">The pool.</param>
    /// <param name="silos">The silos that may run it; starting replicas included.</param>
    /// <param name="othersPending">Whether another model has no replica yet: then none is added to what stands.</param>
    /// <param name="vacated">A silo that standbys leave to another model's first; null for none.</param>
    /// <returns>0 where 0 is wanted, else at least 1.</returns>
    public static int Least(int wanted, PlacedReplica replica, string device, IReadOnlyList<SiloInfo> silos, bool othersPending, string? vacated)
    {
        if (wanted <= 1)
            return wanted;
        // One that is to leave a silo leaves it first, and looks for another place then.
        var leaves = false;
        foreach (var silo in silos)
            leaves |= silo.Id == vacated && silo.Count(replica.Model) > 0;
        var places = 0;
        foreach (var silo in silos)
        {
            if (silo.Draining || silo.Device != device || silo.Id == vacated)
                continue;
            if (silo.Count(replica.Model) > 0 || (!othersPending && !leaves && silo.FreeMemory >= replica.Memory))
                places++;
        }

        return Math.Clamp(places, 1, wanted);
    }

    /// <summary>The silo that has room for a model's first replica once standbys have left it: where the fewest bytes must go. Null when none has, or one has already.</summary>
    /// <param name="replica">The model without a replica.</param>
    /// <param name="device">The pool.</param>
    /// <param name="holders">The silos that may run it.</param>
    /// <param name="all">All silos: a replica is a standby where its model has another.</param>
    public static SiloInfo? ToVacate(PlacedReplica replica, string device, IReadOnlyList<SiloInfo> holders, IReadOnlyList<SiloInfo> all)
    {
        SiloInfo? best = null;
        var least = long.MaxValue;
        foreach (var silo in holders)
        {
            if (silo.Draining || silo.Device != device)
                continue;
            var missing = replica.Memory - silo.FreeMemory;
            if (missing <= 0)
                return null;
            var spare = 0L;
            foreach (var other in silo.Replicas)
                spare += HasAnother(other.Model, silo, all) ? other.Memory : 0;
            if (spare >= missing && (missing < least || (missing == least && string.CompareOrdinal(silo.Id, best!.Id) < 0)))
                (best, least) = (silo, missing);
        }

        return best;
    }

    private static bool HasAnother(string model, SiloInfo here, IReadOnlyList<SiloInfo> all)
    {
        foreach (var silo in all)
        {
            if (silo.Id != here.Id && !silo.Draining && silo.Count(model) > 0)
                return true;
        }

        return false;
    }
}
