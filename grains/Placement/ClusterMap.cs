using System.Collections.Frozen;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Placement;

/// <summary>Where replicas are, as the last view told this silo. Any thread may read it.</summary>
public sealed class ClusterMap
{
    private FrozenDictionary<string, SiloAddress> _silos = FrozenDictionary<string, SiloAddress>.Empty;

    /// <summary>The silo of a replica; null when the view did not know it.</summary>
    public SiloAddress? SiloOf(string replica) => Volatile.Read(ref _silos).GetValueOrDefault(replica);

    /// <summary>Takes over a view.</summary>
    public void Update(ClusterView view)
    {
        var silos = new Dictionary<string, SiloAddress>(StringComparer.Ordinal);
        foreach (var model in view.Models)
        {
            foreach (var replica in model.Replicas)
                silos[replica.Key] = replica.Silo;
        }

        Volatile.Write(ref _silos, silos.ToFrozenDictionary(StringComparer.Ordinal));
    }
}
