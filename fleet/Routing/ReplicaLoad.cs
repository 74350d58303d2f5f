namespace Orrery.Fleet.Routing;

/// <summary>
/// What one front knows of a replica's load, in tokens: what its last reply said, plus what this front has sent since. Thread-safe without
/// locks and without allocation; a race between a send and a reply may miscount that one send until the next reply.
/// </summary>
public sealed class ReplicaLoad
{
    private long _inFlight, _since, _reported, _reportedAt;

    /// <summary>Tokens this front sent that are not answered.</summary>
    public long InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Counts a request at once, before the replica knows of it.</summary>
    public void Sent(int tokens)
    {
        Interlocked.Add(ref _inFlight, tokens);
        Interlocked.Add(ref _since, tokens);
    }

    /// <summary>A reply came and says the replica's load: it replaces what was known.</summary>
    /// <param name="tokens">As sent.</param>
    /// <param name="load">Tokens queued and running on the replica, from all fronts; not negative.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    public void Answered(int tokens, long load, long now)
    {
        Interlocked.Add(ref _inFlight, -tokens);
        Volatile.Write(ref _reported, load);
        Volatile.Write(ref _reportedAt, now);
        Interlocked.Exchange(ref _since, 0);
    }

    /// <summary>No reply will come: the request no longer counts.</summary>
    public void Lost(int tokens)
    {
        Interlocked.Add(ref _inFlight, -tokens);
        var since = Volatile.Read(ref _since);
        Interlocked.CompareExchange(ref _since, Math.Max(0, since - tokens), since);
    }

    /// <summary>
    /// Tokens that a new request would find before it. What was reported counts less with age, down to nothing after
    /// <paramref name="freshness"/>: a replica that was busy once and is avoided since would otherwise never be asked again.
    /// </summary>
    /// <param name="now">Milliseconds of the same clock.</param>
    /// <param name="freshness">Milliseconds; above 0.</param>
    public long Estimate(long now, long freshness)
    {
        var age = Math.Clamp(now - Volatile.Read(ref _reportedAt), 0, freshness);
        var reported = (long)(Volatile.Read(ref _reported) * (1 - (double)age / freshness));
        // What this front itself waits for is there for certain.
        return Math.Max(reported + Volatile.Read(ref _since), Volatile.Read(ref _inFlight));
    }
}
