using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Placement;

/// <summary>Keeps a model grain on silos of the pool that its key names, wherever a call comes from.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class DeviceFilterAttribute() : PlacementFilterAttribute(new DeviceFilterStrategy());

/// <summary>See <see cref="DeviceFilterAttribute"/>.</summary>
public sealed class DeviceFilterStrategy : PlacementFilterStrategy
{
    /// <summary>The only one.</summary>
    public DeviceFilterStrategy()
        : base(order: 0)
    {
    }
}

/// <summary>Silos tell their pool as metadata.</summary>
public sealed class DeviceFilterDirector(ISiloMetadataCache metadata) : IPlacementFilterDirector
{
    /// <summary>The metadata's key.</summary>
    public const string Pool = "pool";

    /// <inheritdoc/>
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos) =>
        metadata.Saying(Pool, ReplicaKey.PoolOf(target.GrainIdentity.Key.ToString()).ToString(), silos);
}
