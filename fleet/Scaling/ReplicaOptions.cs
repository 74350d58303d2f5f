namespace Orrery.Fleet.Scaling;

/// <summary>How many replicas of a model there may be, and how eagerly their number follows the load. Validated once, at start.</summary>
public sealed record ReplicaOptions
{
    /// <summary>Replicas of a model that is not idle; 0 to <see cref="MaxReplicas"/>.</summary>
    public int MinReplicas { get; init; } = 1;

    /// <summary>Replicas of a model at most; 1 to 10,000.</summary>
    public int MaxReplicas { get; init; } = 8;

    /// <summary>The wait in a replica's queue that is meant; above it the queue counts as backlog. 1 ms to 1 minute.</summary>
    public TimeSpan TargetQueueDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The wait above which a request counts as late. At least <see cref="TargetQueueDelay"/>, at most 10 minutes.</summary>
    public TimeSpan QueueDelayLimit { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Share of requests that may be late; above 0 to 0.5.</summary>
    public double LateShare { get; init; } = 0.01;

    /// <summary>Time without a request after which a model has no replica; 0 never goes to zero.</summary>
    public TimeSpan IdleTimeout { get; init; }

    /// <summary>Share of a replica's measured capacity that is planned with, above 0 to 1; the rest pays for errors of measurement.</summary>
    public double TargetUtilization { get; init; } = 0.97;

    /// <summary>Time in which a backlog is to be gone once the replicas ordered for it are ready. 100 ms to 10 minutes.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Most replicas that are ordered to drain a backlog, as a share of those for the arrivals; 0 to 100.</summary>
    public double MaxDrain { get; init; } = 1;

    /// <summary>The number goes down to the largest that was recommended within this time. 0 to <see cref="MaxStabilizationWindow"/>.</summary>
    public TimeSpan StabilizationWindow { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>As far as <see cref="StabilizationWindow"/> may grow for a load that keeps coming back just after its replicas went. 0 to 1 hour.</summary>
    public TimeSpan MaxStabilizationWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Time constant with which lateness and a grown window are forgotten. 1 minute to 1 week.</summary>
    public TimeSpan Memory { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Share by which the load must lie below a smaller number's capacity before the number goes down; 0 to below 1.</summary>
    public double Hysteresis { get; init; } = 0.02;

    /// <summary>Time constant with which the level of arrivals follows them. 100 ms to 1 hour.</summary>
    public TimeSpan LevelTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time constant with which the trend follows the level. 100 ms to 1 hour.</summary>
    public TimeSpan TrendTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Standard deviations of the forecast level that are covered; 0 to 10.</summary>
    public double Confidence { get; init; } = 0.25;

    /// <summary>Sum of surprises, in standard deviations, from which on arrivals are a new level and no noise; 1 to 100.</summary>
    public double JumpThreshold { get; init; } = 5;

    internal Smoothing Smoothing => new(LevelTime, TrendTime, JumpThreshold);

    /// <summary>Says what is wrong, naming the property; null when nothing is.</summary>
    public string? Validate()
    {
        if (MaxReplicas is < 1 or > 10_000)
            return $"{nameof(MaxReplicas)} must be 1 to 10000, not {MaxReplicas}";
        if (MinReplicas < 0 || MinReplicas > MaxReplicas)
            return $"{nameof(MinReplicas)} must be 0 to {nameof(MaxReplicas)} ({MaxReplicas}), not {MinReplicas}";
        if (IdleTimeout < TimeSpan.Zero)
            return $"{nameof(IdleTimeout)} must not be negative, not {IdleTimeout}";
        if (TargetUtilization is not (> 0 and <= 1))
            return $"{nameof(TargetUtilization)} must be above 0 and at most 1, not {TargetUtilization}";
        if (Hysteresis is not (>= 0 and < 1))
            return $"{nameof(Hysteresis)} must be 0 to below 1, not {Hysteresis}";
        if (Confidence is not (>= 0 and <= 10))
            return $"{nameof(Confidence)} must be 0 to 10, not {Confidence}";
        if (MaxDrain is not (>= 0 and <= 100))
            return $"{nameof(MaxDrain)} must be 0 to 100, not {MaxDrain}";
        if (JumpThreshold is not (>= 1 and <= 100))
            return $"{nameof(JumpThreshold)} must be 1 to 100, not {JumpThreshold}";
        if (LateShare is not (> 0 and <= 0.5))
            return $"{nameof(LateShare)} must be above 0 and at most 0.5, not {LateShare}";
        return Range(nameof(TargetQueueDelay), TargetQueueDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1))
            ?? Range(nameof(QueueDelayLimit), QueueDelayLimit, TargetQueueDelay, TimeSpan.FromMinutes(10))
            ?? Range(nameof(MaxStabilizationWindow), MaxStabilizationWindow, TimeSpan.Zero, TimeSpan.FromHours(1))
            ?? Range(nameof(StabilizationWindow), StabilizationWindow, TimeSpan.Zero, MaxStabilizationWindow)
            ?? Range(nameof(Memory), Memory, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7))
            ?? Range(nameof(DrainTime), DrainTime, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10))
            ?? Range(nameof(LevelTime), LevelTime, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))
            ?? Range(nameof(TrendTime), TrendTime, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
    }

    private static string? Range(string name, TimeSpan value, TimeSpan least, TimeSpan most) =>
        value < least || value > most ? $"{name} must be {least} to {most}, not {value}" : null;
}
