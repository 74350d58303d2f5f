namespace Orrery.Fleet.Scaling;

/// <summary>How many silos a pool may have, and what it keeps in reserve. Validated once, at start.</summary>
public sealed record PoolOptions
{
    /// <summary>Silos at least; 0 to <see cref="MaxSilos"/>.</summary>
    public int MinSilos { get; init; } = 1;

    /// <summary>Silos at most; 1 to 100,000.</summary>
    public int MaxSilos { get; init; } = 100;

    /// <summary>Spare silos as a share of those needed, because a silo takes longer to start than a replica; 0 to 10.</summary>
    public double Headroom { get; init; } = 0.1;

    /// <summary>Time from the order of a silo to its first replica; as far ahead the need is forecast. 0 to 1 hour.</summary>
    public TimeSpan StartTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time constants of the forecast: that of the level, 1 second to 1 hour.</summary>
    public TimeSpan LevelTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>That of the trend, 1 second to 1 hour.</summary>
    public TimeSpan TrendTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The number goes down to the largest that was needed within this time. 0 to 1 day.</summary>
    public TimeSpan StabilizationWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Says what is wrong, naming the property; null when nothing is.</summary>
    public string? Validate()
    {
        if (MaxSilos is < 1 or > 100_000)
            return $"{nameof(MaxSilos)} must be 1 to 100000, not {MaxSilos}";
        if (MinSilos < 0 || MinSilos > MaxSilos)
            return $"{nameof(MinSilos)} must be 0 to {nameof(MaxSilos)} ({MaxSilos}), not {MinSilos}";
        if (Headroom is not (>= 0 and <= 10))
            return $"{nameof(Headroom)} must be 0 to 10, not {Headroom}";
        if (StartTime < TimeSpan.Zero || StartTime > TimeSpan.FromHours(1))
            return $"{nameof(StartTime)} must be 0 to 1 hour, not {StartTime}";
        if (LevelTime < TimeSpan.FromSeconds(1) || LevelTime > TimeSpan.FromHours(1))
            return $"{nameof(LevelTime)} must be 1 second to 1 hour, not {LevelTime}";
        if (TrendTime < TimeSpan.FromSeconds(1) || TrendTime > TimeSpan.FromHours(1))
            return $"{nameof(TrendTime)} must be 1 second to 1 hour, not {TrendTime}";
        return StabilizationWindow < TimeSpan.Zero || StabilizationWindow > TimeSpan.FromDays(1)
            ? $"{nameof(StabilizationWindow)} must be 0 to 1 day, not {StabilizationWindow}"
            : null;
    }
}
