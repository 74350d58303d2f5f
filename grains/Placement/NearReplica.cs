using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Orrery.Grains.Placement;

/// <summary>Puts a detector grain on the silo of the replica that its key names.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NearReplicaAttribute() : PlacementFilterAttribute(new NearReplicaStrategy());

/// <summary>See <see cref="NearReplicaAttribute"/>.</summary>
public sealed class NearReplicaStrategy : PlacementFilterStrategy
{
    /// <summary>The only one.</summary>
    public NearReplicaStrategy()
        : base(order: 0)
    {
    }
}

/// <summary>Looks in the view of the cluster that this silo keeps. A replica that it does not know yet stands anywhere.</summary>
public sealed class NearReplicaDirector(ClusterMap map) : IPlacementFilterDirector
{
    /// <inheritdoc/>
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        var all = silos.ToArray();
        return map.SiloOf(target.GrainIdentity.Key.ToString()!) is { } silo && Array.IndexOf(all, silo) >= 0 ? [silo] : all;
    }
}
