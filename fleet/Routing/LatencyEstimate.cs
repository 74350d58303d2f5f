namespace Orrery.Fleet.Routing;

/// <summary>
/// How long answers take: a moving mean and a moving mean deviation, as TCP keeps of round trips. Source: P. Sargent et al., RFC 6298, section 2.
/// Not safe for threads.
/// </summary>
public struct LatencyEstimate
{
    private double _mean, _deviation;
    private bool _any;

    /// <summary>Takes in one answer.</summary>
    /// <param name="milliseconds">How long it took; not negative.</param>
    public void Add(double milliseconds)
    {
        if (!_any)
        {
            (_mean, _deviation, _any) = (milliseconds, milliseconds / 2, true);
            return;
        }

        _deviation += (Math.Abs(milliseconds - _mean) - _deviation) / 4;
        _mean += (milliseconds - _mean) / 8;
    }

    /// <summary>Milliseconds that hardly any answer takes: the mean and some deviations; 0 before the first answer.</summary>
    /// <param name="deviations">How many.</param>
    public readonly double Above(double deviations) => _mean + deviations * _deviation;
}
