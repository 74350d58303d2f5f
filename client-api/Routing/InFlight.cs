namespace Orrery.ClientApi.Routing;

/// <summary>A call on its way to a replica, as far as the loss of the way or the replica is concerned.</summary>
internal interface IAttempt
{
    /// <summary>When nobody waits for it any more, on the clock's ticks.</summary>
    long Deadline { get; }

    /// <summary>No answer will come this way.</summary>
    void Lose();

    /// <summary>Its time is up.</summary>
    void Expire();
}

/// <summary>The calls on their way to one replica. Orleans does not tell which calls a lost gateway or silo took with it; this does.</summary>
internal sealed class InFlight
{
    private readonly Lock _gate = new();
    private readonly HashSet<IAttempt> _attempts = [];

    public void Add(IAttempt attempt)
    {
        lock (_gate)
            _attempts.Add(attempt);
    }

    public void Remove(IAttempt attempt)
    {
        lock (_gate)
            _attempts.Remove(attempt);
    }

    /// <summary>Loses all: each is made again elsewhere.</summary>
    /// <returns>How many there were.</returns>
    public int LoseAll()
    {
        var attempts = Copy(long.MaxValue);
        foreach (var attempt in attempts)
            attempt.Lose();
        return attempts.Length;
    }

    /// <summary>Expires those whose deadline has passed.</summary>
    public void Expire(long now)
    {
        foreach (var attempt in Copy(now))
            attempt.Expire();
    }

    private IAttempt[] Copy(long until)
    {
        lock (_gate)
            return _attempts.Count == 0 ? [] : [.. _attempts.Where(attempt => attempt.Deadline <= until)];
    }
}
