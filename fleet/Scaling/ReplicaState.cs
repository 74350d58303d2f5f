namespace Orrery.Fleet.Scaling;

/// <summary>What one decision hands to the next about a model. Immutable.</summary>
/// <param name="Forecast">The arrivals as they were seen.</param>
/// <param name="Recommended">The numbers that were recommended lately.</param>
public sealed record ReplicaState(ArrivalForecast Forecast, RollingMax Recommended)
{
    /// <summary>The state before the first decision.</summary>
    public static ReplicaState Initial { get; } = new(default, RollingMax.Empty);
}

/// <summary>How many replicas a model is to have, starting ones included, and the state for the next decision.</summary>
public readonly record struct ReplicaDecision(int Desired, ReplicaState State);
