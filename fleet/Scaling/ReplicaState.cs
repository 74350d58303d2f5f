namespace Orrery.Fleet.Scaling;

/// <summary>What one decision hands to the next about a model. Immutable.</summary>
/// <param name="Forecast">The arrivals as they were seen.</param>
/// <param name="Recommended">The numbers that were recommended lately.</param>
/// <param name="Hold">How long a recommendation holds.</param>
/// <param name="Late">Work that came while requests were late, in units, forgotten with time.</param>
/// <param name="Arrived">All work that came, in units, forgotten with time.</param>
public sealed record ReplicaState(ArrivalForecast Forecast, RollingMax Recommended, TimeSpan Hold, double Late, double Arrived)
{
    /// <summary>The state before the first decision.</summary>
    public static ReplicaState Initial { get; } = new(default, RollingMax.Empty, TimeSpan.Zero, 0, 0);
}

/// <summary>How many replicas a model is to have, starting ones included, and the state for the next decision.</summary>
public readonly record struct ReplicaDecision(int Desired, ReplicaState State);
