namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>Everything that can be set of the way to Pinecone, and of the outbox before it. Validated once, at start.</summary>
public sealed record PineconeOptions
{
    /// <summary>The key that Pinecone knows this project by. A secret: it is sent to <see cref="ControlHost"/> and the hosts that it names, and told to nobody else.</summary>
    public string ApiKey { get; init; } = "";

    /// <summary>Where indexes are made and found: an absolute http or https address. Hosts of indexes without a scheme are spoken to with this one's.</summary>
    public string ControlHost { get; init; } = "https://api.pinecone.io";

    /// <summary>The version of Pinecone's API that is spoken, a year and a month.</summary>
    public string ApiVersion { get; init; } = "2026-04";

    /// <summary>The cloud of a new index that says nothing about where it is to be.</summary>
    public string Cloud { get; init; } = "aws";

    /// <summary>The region of a new index that says nothing about where it is to be.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>How long one try may take, 10 ms to 10 min.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a call is tried again after 408, 429, 5xx or a broken connection, 0 to 20.</summary>
    public int MaxRetries { get; init; } = 4;

    /// <summary>The wait before the first new try, which doubles with each and is spread at random; 1 ms to 1 min. A Retry-After goes before it.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>A host of which half of at least so many tries failed within 30 s is left alone for a while, 2 to 10,000.</summary>
    public int BreakerTries { get; init; } = 8;

    /// <summary>How long such a host is left alone, 500 ms to 1 h.</summary>
    public TimeSpan BreakerDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long an upsert waits for Pinecone, tries again included, before it is put into the outbox; 10 ms to 10 min. Each part of one that is split has it.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The most records that may wait in the outbox, at least 1. One update or deletion counts as one.</summary>
    public long OutboxRecords { get; init; } = 100_000;

    /// <summary>The most bytes that may wait in the outbox, at least 1 MB. A record is kept as JSON: about 10 bytes a component.</summary>
    public long OutboxBytes { get; init; } = 1L << 30;

    /// <summary>Says what is wrong, naming the property; null when nothing is.</summary>
    public string? Validate()
    {
        if (string.IsNullOrWhiteSpace(ApiKey) || ApiKey.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return $"{nameof(ApiKey)} must be set, of visible ASCII characters";
        if (!Uri.TryCreate(ControlHost, UriKind.Absolute, out var host) || host.Scheme is not ("http" or "https"))
            return $"{nameof(ControlHost)} must be an absolute http or https address, not '{ControlHost}'";
        if (!DateOnly.TryParseExact(ApiVersion, "yyyy-MM", out _))
            return $"{nameof(ApiVersion)} must be a year and a month as in 2026-04, not '{ApiVersion}'";
        if (string.IsNullOrWhiteSpace(Cloud))
            return $"{nameof(Cloud)} must be set";
        if (string.IsNullOrWhiteSpace(Region))
            return $"{nameof(Region)} must be set";
        if (Timeout < TimeSpan.FromMilliseconds(10) || Timeout > TimeSpan.FromMinutes(10))
            return $"{nameof(Timeout)} must be 10 ms to 10 min, not {Timeout}";
        if (MaxRetries is < 0 or > 20)
            return $"{nameof(MaxRetries)} must be 0 to 20, not {MaxRetries}";
        if (RetryDelay < TimeSpan.FromMilliseconds(1) || RetryDelay > TimeSpan.FromMinutes(1))
            return $"{nameof(RetryDelay)} must be 1 ms to 1 min, not {RetryDelay}";
        if (BreakerTries is < 2 or > 10_000)
            return $"{nameof(BreakerTries)} must be 2 to 10000, not {BreakerTries}";
        if (BreakerDelay < TimeSpan.FromMilliseconds(500) || BreakerDelay > TimeSpan.FromHours(1))
            return $"{nameof(BreakerDelay)} must be 500 ms to 1 h, not {BreakerDelay}";
        if (Patience < TimeSpan.FromMilliseconds(10) || Patience > TimeSpan.FromMinutes(10))
            return $"{nameof(Patience)} must be 10 ms to 10 min, not {Patience}";
        if (OutboxRecords < 1)
            return $"{nameof(OutboxRecords)} must be at least 1, not {OutboxRecords}";
        return OutboxBytes < 1_000_000 ? $"{nameof(OutboxBytes)} must be at least 1000000, not {OutboxBytes}" : null;
    }

    /// <summary>Tells where, and never the key.</summary>
    public override string ToString() => $"Pinecone at {ControlHost}, version {ApiVersion}";
}
