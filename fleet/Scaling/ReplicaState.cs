namespace Orrery.Fleet.Scaling;

/// <summary>What one decision hands to the next about a model. Immutable.</summary>
/// <param name="Forecast">The arrivals as they were seen.</param>
/// <param name="Recommended">The numbers that were needed lately.</param>
/// <param name="Foreseen">The numbers that were foreseen within the last warm-up.</param>
/// <param name="Hold">How long a recommendation holds.</param>
/// <param name="Late">Work that came while requests were late, in units, forgotten with time.</param>
/// <param name="Arrived">All work that came, in units, forgotten with time.</param>
/// <param name="Efficiency">Share of its measured capacity that a replica was seen to do while work waited; at most 1.</param>
/// <param name="Ready">Replicas that answered at the last decision.</param>
/// <param name="InFlight">Work in flight at the last decision, in units.</param>
public sealed record ReplicaState(
    LoadForecast Forecast, RollingMax Recommended, RollingMax Foreseen, TimeSpan Hold, double Late, double Arrived, double Efficiency,
    int Ready, double InFlight)
{
    /// <summary>The state before the first decision.</summary>
    public static ReplicaState Initial { get; } = new(default, RollingMax.Empty, RollingMax.Empty, TimeSpan.Zero, 0, 0, 1, 0, 0);
}

/// <summary>How many replicas a model is to have.</summary>
/// <param name="Desired">Replicas from now on, starting ones included.</param>
/// <param name="Sustained">Those of them that arrivals need. The others only drain a backlog: a pool whose silos start slowly is not sized for them.</param>
/// <param name="State">To be handed to the next decision.</param>
public readonly record struct ReplicaDecision(int Desired, int Sustained, ReplicaState State);
