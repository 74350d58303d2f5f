namespace Orrery.Fleet.Scaling;

/// <summary>
/// Level and trend of a load (arrivals of a model, silos a pool needs) by Holt's double exponential smoothing for observations at uneven
/// times, with the variance of what it did not foresee; jumps are found by CUSUM.
/// Sources: C. C. Holt, "Forecasting seasonals and trends by exponentially weighted moving averages", 1957; E. S. Page, "Continuous inspection
/// schemes", 1954; variance of the forecast as of the state space model ETS(A,A,N): Hyndman, Koehler, Ord, Snyder, "Forecasting with
/// Exponential Smoothing", 2008.
/// </summary>
/// <param name="Level">The load, noise removed; not negative. Its unit is that of the observations.</param>
/// <param name="Trend">Change of the level a second.</param>
/// <param name="Variance">Mean square of the errors of the forecast for the next second, in the unit's square.</param>
/// <param name="Surprise">How much more came lately than was foreseen, in standard deviations (the sum of a one-sided CUSUM test).</param>
/// <param name="Last">The last observation.</param>
/// <param name="Recent">The last observations, for a slope that shows before the trend does.</param>
/// <param name="Seen">When it was last given an observation; null before the first.</param>
public readonly record struct LoadForecast(double Level, double Trend, double Variance, double Surprise, double Last, SlopeWindow? Recent, TimeSpan? Seen)
{
    /// <summary>Errors are remembered this many times as long as the level.</summary>
    private const double VarianceMemory = 8;

    /// <summary>Standard deviations an interval that noise is allowed before it counts as surprise (half the shift to find, as CUSUM has it).</summary>
    private const double Allowance = 1;

    /// <summary>Most that one interval counts in the surprise, in standard deviations: one outlier alone is no new level.</summary>
    private const double MaxSurprise = 4;

    /// <summary>Standard deviations from which on no noise that was ever seen explains one interval.</summary>
    private const double Unheard = 12;

    /// <summary>A rise is taken to end at the latest when it has added this share of the level: few double twice without a stop.</summary>
    private const double MaxGrowth = 1;

    /// <summary>Standard deviations that the recent slope must climb within its window to be no noise.</summary>
    private const double Significant = 6;

    /// <summary>The forecast that has also seen <paramref name="rate"/>.</summary>
    /// <param name="now">The end of the interval in which it was measured.</param>
    /// <param name="rate">The load in that interval; not negative.</param>
    /// <param name="options">The time constants.</param>
    public LoadForecast Observe(TimeSpan now, double rate, in Smoothing options)
    {
        if (Seen is not { } seen)
            return new(rate, 0, 0, 0, rate, SlopeWindow.Empty.Add(now, rate), now);
        var seconds = (now - seen).TotalSeconds;
        if (seconds <= 0)
            return this;

        var expected = After(now - seen);
        var recent = (Recent ?? SlopeWindow.Empty).Add(now, rate);
        var error = rate - expected;
        var forget = 1 - Math.Exp(-seconds / (VarianceMemory * options.Level.TotalSeconds));
        var deviation = Math.Sqrt(Variance);
        // Before any error was seen everything is a surprise and nothing a jump.
        var surprise = deviation > 0 ? Math.Max(0, Surprise + Math.Min(error / deviation, MaxSurprise) - Allowance) : 0;
        var unheard = deviation > 0 && error > Unheard * deviation;
        // A jump is to change what is thought of the noise only as much as noise could have.
        var squared = deviation > 0 ? Math.Min(error * error, MaxSurprise * MaxSurprise * Variance) : error * error;
        var variance = Variance + forget * (squared - Variance);
        if (unheard || surprise > options.JumpThreshold)
            return new(unheard ? rate : (rate + Math.Max(expected, Last)) / 2, Math.Max(0, Trend), variance, 0, rate, recent, now);
        var alpha = 1 - Math.Exp(-seconds / options.Level.TotalSeconds);
        var beta = 1 - Math.Exp(-seconds / options.Trend.TotalSeconds);
        return new(
            Math.Max(0, expected + alpha * error), Trend + alpha * beta * error / seconds, variance, surprise, rate, recent, now);
    }

    /// <summary>The level to be expected after <paramref name="horizon"/>; not negative.</summary>
    public double After(TimeSpan horizon) => Math.Max(0, Level + Math.Min(Math.Max(Trend, Slope) * horizon.TotalSeconds, MaxGrowth * Level));

    /// <summary>Rise a second that the last observations agree on beyond noise; 0 when they do not.</summary>
    private double Slope
    {
        get
        {
            if (Recent is not { } recent)
                return 0;
            var slope = recent.Median;
            return slope * recent.Span > Significant * Math.Sqrt(Variance) ? slope : 0;
        }
    }

    /// <summary>Standard deviation of the level after <paramref name="horizon"/> around <see cref="After"/>.</summary>
    public double Deviation(TimeSpan horizon, in Smoothing options)
    {
        var alpha = 1 - Math.Exp(-1 / options.Level.TotalSeconds);
        var beta = 1 - Math.Exp(-1 / options.Trend.TotalSeconds);
        var h = horizon.TotalSeconds;
        // The sum over j = 1..h of (alpha + alpha beta j)², in closed form.
        var sum = alpha * alpha * (h + beta * h * (h + 1) + beta * beta * h * (h + 1) * (2 * h + 1) / 6);
        return Math.Sqrt(Variance * sum);
    }
}
