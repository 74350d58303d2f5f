using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Routing;

/// <summary>A replica that may be asked. One object from the view that first names it to the one that does not: what is on its way there belongs to it.</summary>
internal sealed class ReplicaRef(ReplicaView view, IGrainFactory grains) : IEquatable<ReplicaRef>
{
    public string Key { get; } = view.Key;

    public string Digest { get; } = view.Digest;

    public SiloAddress Silo { get; } = view.Silo;

    public IModelGrain Grain { get; } = grains.GetGrain<IModelGrain>(view.Key);

    /// <summary>Asks detectors on the replica's silo.</summary>
    public IDetectorGrain Detectors { get; } = grains.GetGrain<IDetectorGrain>(view.Key);

    public InFlight InFlight { get; } = new();

    public bool Equals(ReplicaRef? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => Equals(obj as ReplicaRef);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
