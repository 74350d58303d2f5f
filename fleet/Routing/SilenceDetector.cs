namespace Orrery.Fleet.Routing;

/// <summary>
/// Tells whether a peer answers nobody: it was asked for a sign of life, did not give it for much longer than it usually takes, and answered nothing else
/// meanwhile. One that is only slow is not silent: it still answers something. Safe for threads; the clock is the caller's.
/// </summary>
/// <param name="least">Milliseconds of silence that are always allowed; above 0.</param>
/// <param name="most">Milliseconds that are allowed at most, however slow its answers were; at least <paramref name="least"/>.</param>
public sealed class SilenceDetector(long least, long most)
{
    // As far from the mean as no answer of a peer that works is.
    private const double Deviations = 8;

    private readonly Lock _gate = new();
    private LatencyEstimate _latency;
    private long? _asked;
    private long _since;
    private long? _looked;
    private bool _silent;

    /// <summary>Whether it was silent when last looked at.</summary>
    public bool Silent => Volatile.Read(ref _silent);

    /// <summary>A sign of life is asked for. Silence counts from here, or from what is heard later.</summary>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    public void Asked(long now)
    {
        lock (_gate)
            (_asked, _since) = (now, _asked is null ? now : _since);
    }

    /// <summary>The sign came.</summary>
    /// <param name="now">Milliseconds of the same clock.</param>
    public void Answered(long now)
    {
        lock (_gate)
        {
            if (_asked is { } asked)
                _latency.Add(now - asked);
            (_asked, _since) = (null, now);
            Volatile.Write(ref _silent, false);
        }
    }

    /// <summary>It answered something else.</summary>
    /// <param name="now">Milliseconds of the same clock.</param>
    public void Heard(long now)
    {
        lock (_gate)
        {
            _since = now;
            Volatile.Write(ref _silent, false);
        }
    }

    /// <summary>The way to it broke: nothing that was asked will be answered.</summary>
    public void Broken()
    {
        lock (_gate)
        {
            _asked = null;
            Volatile.Write(ref _silent, true);
        }
    }

    /// <summary>Looks whether it has become silent. To be called about every <paramref name="period"/>.</summary>
    /// <param name="now">Milliseconds of the same clock.</param>
    /// <param name="period">Milliseconds between two looks. What exceeds twice that was the observer's own standstill, in which it could hear nothing: it does not count.</param>
    /// <returns>Whether it is silent.</returns>
    public bool Look(long now, long period)
    {
        lock (_gate)
        {
            if (_looked is { } before && now - before > 2 * period)
                _since = Math.Min(now, _since + (now - before - period));
            _looked = now;
            if (!_silent && _asked is not null && now - _since > Math.Clamp(_latency.Above(Deviations), least, most))
                Volatile.Write(ref _silent, true);
            return _silent;
        }
    }
}
