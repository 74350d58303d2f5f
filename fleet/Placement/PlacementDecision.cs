namespace Orrery.Fleet.Placement;

/// <summary>Why a replica has no place.</summary>
public enum PlacementFailure
{
    /// <summary>It has one.</summary>
    None,

    /// <summary>No silo of the device takes replicas: the pool is empty, or all of it is draining.</summary>
    NoSiloOfDevice,

    /// <summary>No silo of the device has enough free memory.</summary>
    NoRoom,
}

/// <summary>Where a replica goes, or why nowhere.</summary>
/// <param name="Silo">The silo; null when there is none.</param>
/// <param name="Failure">Why there is none.</param>
/// <param name="MostFree">The most free memory of a silo of the device, in bytes; 0 when there is no such silo.</param>
public readonly record struct PlacementDecision(SiloInfo? Silo, PlacementFailure Failure, long MostFree);
