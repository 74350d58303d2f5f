namespace Orrery.Fleet.Scaling;

/// <summary>
/// Level and trend of arrivals by Holt's double exponential smoothing for observations at uneven times, with the variance of what it
/// did not foresee. Source: C. C. Holt, "Forecasting seasonals and trends by exponentially weighted moving averages", 1957; variance of the
/// forecast as of the state space model ETS(A,A,N): Hyndman, Koehler, Ord, Snyder, "Forecasting with Exponential Smoothing", 2008, table 6.1.
/// </summary>
/// <param name="Level">Work a second, noise removed; not negative.</param>
/// <param name="Trend">Change of the level a second.</param>
/// <param name="Variance">Mean square of the errors of the forecast for the next second, (units/s)².</param>
/// <param name="Seen">When it was last given an observation; null before the first.</param>
public readonly record struct ArrivalForecast(double Level, double Trend, double Variance, TimeSpan? Seen)
{
    /// <summary>Errors are remembered this many times as long as the level.</summary>
    private const double VarianceMemory = 15;

    /// <summary>The forecast that has also seen <paramref name="rate"/>.</summary>
    /// <param name="now">The end of the interval in which it was measured.</param>
    /// <param name="rate">Work a second in that interval.</param>
    /// <param name="options">The time constants.</param>
    public ArrivalForecast Observe(TimeSpan now, double rate, ReplicaOptions options)
    {
        if (Seen is not { } seen)
            return new(rate, 0, 0, now);
        var seconds = (now - seen).TotalSeconds;
        if (seconds <= 0)
            return this;

        var expected = Math.Max(0, Level + Trend * seconds);
        var error = rate - expected;
        var forget = 1 - Math.Exp(-seconds / (VarianceMemory * options.LevelTime.TotalSeconds));
        if (error > options.Surprise * Math.Sqrt(Variance) && Variance > 0)
        {
            // No noise that was ever seen: the level jumped. It says nothing about a trend, and little about the noise.
            var bounded = options.Surprise * options.Surprise * Variance;
            return new(rate, Trend, Variance + forget * (bounded - Variance), now);
        }
        var alpha = 1 - Math.Exp(-seconds / options.LevelTime.TotalSeconds);
        var beta = 1 - Math.Exp(-seconds / options.TrendTime.TotalSeconds);
        return new(
            Math.Max(0, expected + alpha * error),
            Trend + alpha * beta * error / seconds,
            Variance + forget * (error * error - Variance),
            now);
    }

    /// <summary>The level to be expected after <paramref name="horizon"/>, in units a second; not negative.</summary>
    public double After(TimeSpan horizon) => Math.Max(0, Level + Trend * horizon.TotalSeconds);

    /// <summary>Standard deviation of the level after <paramref name="horizon"/> around <see cref="After"/>, in units a second.</summary>
    public double Deviation(TimeSpan horizon, ReplicaOptions options)
    {
        var alpha = 1 - Math.Exp(-1 / options.LevelTime.TotalSeconds);
        var beta = 1 - Math.Exp(-1 / options.TrendTime.TotalSeconds);
        var h = horizon.TotalSeconds;
        // The sum over j = 1..h of (alpha + alpha beta j)², in closed form.
        var sum = alpha * alpha * (h + beta * h * (h + 1) + beta * beta * h * (h + 1) * (2 * h + 1) / 6);
        return Math.Sqrt(Variance * sum);
    }
}
