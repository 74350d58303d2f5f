namespace Orrery.Fleet.Routing;

/// <summary>How requests are split and routed. Validated once, at start.</summary>
public sealed record RouterOptions
{
    /// <summary>Age at which a reported load counts for nothing. 10 ms to 1 minute.</summary>
    public TimeSpan Freshness { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Tokens a chunk has at least: a request below twice that is not split. 1 to 1,048,576.</summary>
    public int MinChunkTokens { get; init; } = 2048;

    /// <summary>Chunks of one request at most. 1 to 64.</summary>
    public int MaxChunks { get; init; } = 16;

    /// <summary>Silence that a silo is always allowed before its calls are made again elsewhere. 50 ms to 1 minute.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMilliseconds(350);

    /// <summary>Silence that a silo is allowed at most, however slow it was before. <see cref="Silence"/> to 1 minute.</summary>
    public TimeSpan MaxSilence { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an answer may take at least before its call is made a second time, if the budget allows. 10 ms to 1 minute.</summary>
    public TimeSpan HedgeAfter { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Share of calls that may be made a second time though their replica answers others; 0 to 1.</summary>
    public double HedgeShare { get; init; } = 0.05;

    /// <summary>Says what is wrong, naming the property; null when nothing is.</summary>
    public string? Validate()
    {
        if (Freshness < TimeSpan.FromMilliseconds(10) || Freshness > TimeSpan.FromMinutes(1))
            return $"{nameof(Freshness)} must be 10 ms to 1 minute, not {Freshness}";
        if (MinChunkTokens is < 1 or > 1 << 20)
            return $"{nameof(MinChunkTokens)} must be 1 to {1 << 20}, not {MinChunkTokens}";
        if (Silence < TimeSpan.FromMilliseconds(50) || Silence > TimeSpan.FromMinutes(1))
            return $"{nameof(Silence)} must be 50 ms to 1 minute, not {Silence}";
        if (MaxSilence < Silence || MaxSilence > TimeSpan.FromMinutes(1))
            return $"{nameof(MaxSilence)} must be {nameof(Silence)} ({Silence}) to 1 minute, not {MaxSilence}";
        if (HedgeAfter < TimeSpan.FromMilliseconds(10) || HedgeAfter > TimeSpan.FromMinutes(1))
            return $"{nameof(HedgeAfter)} must be 10 ms to 1 minute, not {HedgeAfter}";
        if (HedgeShare is not (>= 0 and <= 1))
            return $"{nameof(HedgeShare)} must be 0 to 1, not {HedgeShare}";
        return MaxChunks is < 1 or > 64 ? $"{nameof(MaxChunks)} must be 1 to 64, not {MaxChunks}" : null;
    }
}
