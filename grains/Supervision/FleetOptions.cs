using Orrery.Fleet.Scaling;

namespace Orrery.Grains.Supervision;

/// <summary>How replicas and pools follow the load. Validated once, at start.</summary>
public sealed record FleetOptions
{
    /// <summary>Replicas of each model.</summary>
    public ReplicaOptions Replicas { get; init; } = new();

    /// <summary>Silos of each pool.</summary>
    public PoolOptions Pools { get; init; } = new();

    /// <summary>How often each replica proves that it still answers.</summary>
    public TimeSpan ProbeEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Probes in a row that may fail before a replica is replaced.</summary>
    public int FailedProbes { get; init; } = 3;

    /// <summary>Says what is wrong, naming the property; null when nothing is.</summary>
    public string? Validate() => Replicas.Validate() ?? Pools.Validate()
        ?? (ProbeEvery <= TimeSpan.Zero ? $"{nameof(ProbeEvery)} must be positive, not {ProbeEvery}" : FailedProbes < 1 ? $"{nameof(FailedProbes)} must be at least 1, not {FailedProbes}" : null);
}
