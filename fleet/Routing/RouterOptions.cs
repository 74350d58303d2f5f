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

    /// <summary>Says what is wrong, naming the property; null when nothing is.</summary>
    public string? Validate()
    {
        if (Freshness < TimeSpan.FromMilliseconds(10) || Freshness > TimeSpan.FromMinutes(1))
            return $"{nameof(Freshness)} must be 10 ms to 1 minute, not {Freshness}";
        if (MinChunkTokens is < 1 or > 1 << 20)
            return $"{nameof(MinChunkTokens)} must be 1 to {1 << 20}, not {MinChunkTokens}";
        return MaxChunks is < 1 or > 64 ? $"{nameof(MaxChunks)} must be 1 to 64, not {MaxChunks}" : null;
    }
}
