namespace Orrery.Fleet.Routing;

/// <summary>
/// How many calls may be made twice because their answer is late: a share of all calls, so that a cluster which is merely slow is not given more to do.
/// Source of the idea: J. Dean and L. A. Barroso, "The tail at scale", 2013. Safe for threads; no lock, no allocation.
/// </summary>
/// <param name="share">Share of calls, 0 to 1.</param>
/// <param name="most">Calls that may be saved up; at least 1.</param>
public sealed class HedgeBudget(double share, int most = 10)
{
    // Counted in millionths of a call.
    private const long Whole = 1_000_000;

    private readonly long _each = (long)(share * Whole);
    private long _saved;

    /// <summary>A call was made.</summary>
    public void Called()
    {
        // A race may overshoot by a call's share, which the next one takes off again.
        if (Volatile.Read(ref _saved) < most * Whole)
            Interlocked.Add(ref _saved, _each);
    }

    /// <summary>Takes one call out of the budget. False when there is none.</summary>
    public bool TryTake()
    {
        while (true)
        {
            var saved = Volatile.Read(ref _saved);
            if (saved < Whole)
                return false;
            if (Interlocked.CompareExchange(ref _saved, saved - Whole, saved) == saved)
                return true;
        }
    }
}
