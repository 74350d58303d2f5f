namespace Orrery.ClientApi.Routing;

/// <summary>A call on its way to a replica, as far as the loss of the way or the replica is concerned.</summary>
internal interface IAttempt
{
    /// <summary>When it was sent, on the clock's ticks.</summary>
    long Began { get; }

    /// <summary>When nobody waits for it any more, on the clock's ticks.</summary>
    long Deadline { get; }

    /// <summary>Whether it went straight to the replica's silo, and not by any gateway.</summary>
    bool Direct { get; }

    /// <summary>No answer will come this way.</summary>
    void Lose();

    /// <summary>Its answer is late: another replica may be asked as well. Said once.</summary>
    void Doubt();

    /// <summary>Its time is up.</summary>
    void Expire();
}

/// <summary>The calls on their way to one replica. Orleans does not tell which calls a lost gateway or silo took with it; this does.</summary>
internal sealed class InFlight
{
    private readonly Lock _gate = new();
    private readonly HashSet<IAttempt> _attempts = [];

    /// <summary>Whether nothing is on its way.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _attempts.Count == 0;
        }
    }

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
    public int LoseAll() => Lose(static _ => true);

    /// <summary>Loses those that went by any gateway.</summary>
    /// <returns>How many there were.</returns>
    public int LoseForwarded() => Lose(static attempt => !attempt.Direct);

    /// <summary>Expires those whose deadline has passed, and doubts those that were sent before a moment.</summary>
    /// <param name="now">On the clock's ticks.</param>
    /// <param name="late">Those sent before it are late.</param>
    public void Look(long now, long late)
    {
        foreach (var attempt in Copy(attempt => attempt.Deadline <= now || attempt.Began <= late))
        {
            if (attempt.Deadline <= now)
                attempt.Expire();
            else
                attempt.Doubt();
        }
    }

    private int Lose(Func<IAttempt, bool> which)
    {
        var attempts = Copy(which);
        foreach (var attempt in attempts)
            attempt.Lose();
        return attempts.Length;
    }

    private IAttempt[] Copy(Func<IAttempt, bool> which)
    {
        lock (_gate)
            return _attempts.Count == 0 ? [] : [.. _attempts.Where(which)];
    }
}
