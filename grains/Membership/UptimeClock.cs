namespace Orrery.Grains.Membership;

/// <summary>
/// The system's clock, with timestamps that count from when the first was asked for. Orleans' watchdog starts the thread that reads when a check was
/// last done before it writes when the first one is (10.4.2, <c>Watchdog.Start</c>), and so measures from 0: on the system's
/// clock since the machine was switched on. Each silo would begin with a warning of a stall of hours, and count as unhealthy for it.
/// </summary>
internal sealed class UptimeClock : TimeProvider
{
    private readonly Lazy<long> _origin = new(System.GetTimestamp);

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        // The first is zero, and none is less.
        var origin = _origin.Value;
        return base.GetTimestamp() - origin;
    }
}
