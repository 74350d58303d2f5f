using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Placement;

/// <summary>Puts the owner of a shard on the silo whose store its key names, and nowhere while there is none.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NearStoreAttribute() : PlacementFilterAttribute(new NearStoreStrategy());

/// <summary>See <see cref="NearStoreAttribute"/>.</summary>
public sealed class NearStoreStrategy : PlacementFilterStrategy
{
    /// <summary>The only one.</summary>
    public NearStoreStrategy()
        : base(order: 0)
    {
    }
}

/// <summary>Silos tell their store's id as metadata.</summary>
public sealed class NearStoreDirector(ISiloMetadataCache metadata) : IPlacementFilterDirector
{
    /// <summary>The metadata's key.</summary>
    public const string Store = "store";

    /// <inheritdoc/>
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos) =>
        metadata.Saying(Store, ShardKey.StoreOf(target.GrainIdentity.Key.ToString()).ToString(), silos);
}
