using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Routing;

/// <summary>A replica that may be asked. One object from the view that first names it to the one that does not: what is on its way there belongs to it.</summary>
internal sealed class ReplicaRef(ReplicaView view, ModelRoute route, SiloChannels channels, IGrainFactory any) : IEquatable<ReplicaRef>
{
    private Reached? _reached;

    public string Key { get; } = view.Key;

    /// <summary>Its model's replicas.</summary>
    public ModelRoute Route { get; } = route;

    public string Digest { get; } = view.Digest;

    public SiloAddress Silo { get; } = view.Silo;

    /// <summary>Whether its silo answers nobody.</summary>
    public bool Silent => channels.Find(Silo) is { Silent: true };

    /// <summary>Whether it is asked by a way to its own silo, and not by any gateway.</summary>
    public bool Direct => channels.Find(Silo) is { Grains: not null };

    public IModelGrain Grain => Reach().Model;

    /// <summary>Asks detectors on the replica's silo.</summary>
    public IDetectorGrain Detectors => Reach().Detectors;

    public InFlight InFlight { get; } = new();

    /// <summary>It answered.</summary>
    public void Heard() => channels.Find(Silo)?.Heard();

    public bool Equals(ReplicaRef? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => Equals(obj as ReplicaRef);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    private Reached Reach()
    {
        var way = channels.Find(Silo)?.Grains ?? any;
        var reached = Volatile.Read(ref _reached);
        if (reached is null || !ReferenceEquals(reached.Way, way))
            Volatile.Write(ref _reached, reached = new Reached(way, way.GetGrain<IModelGrain>(Key), way.GetGrain<IDetectorGrain>(Key)));
        return reached;
    }

    private sealed record Reached(IGrainFactory Way, IModelGrain Model, IDetectorGrain Detectors);
}
