namespace Orrery.Fleet.Scaling;

/// <summary>
/// How many replicas a model is to have: enough for the arrivals that are to be expected when a replica ordered now is ready, plus what
/// drains the backlog there will be by then. Fast up, slow down. A pure function: the same state and signals give the same decision.
/// </summary>
public static class ReplicaPolicy
{
    /// <summary>Decides the number for one model. To be called about once a second.</summary>
    /// <param name="state">What the last decision returned; <see cref="ReplicaState.Initial"/> before the first.</param>
    /// <param name="signals">What was measured since.</param>
    /// <param name="options">Valid ones.</param>
    public static ReplicaDecision Decide(ReplicaState state, in ReplicaSignals signals, ReplicaOptions options)
    {
        var forecast = state.Forecast.Observe(signals.Now, signals.ArrivalRate, options);
        var working = signals.InFlight > 0 || signals.ArrivalRate > 0;
        var present = signals.Ready + signals.Starting;

        if (options.IdleTimeout > TimeSpan.Zero && !working && signals.Now - signals.LastRequest >= options.IdleTimeout)
            return new(0, new(forecast, RollingMax.Empty));

        var demand = Demand(forecast, signals, options);
        var up = (int)Math.Ceiling(Math.Min(demand, options.MaxReplicas) - 1e-9);
        var down = (int)Math.Ceiling(Math.Min(demand / (1 - options.Hysteresis), options.MaxReplicas) - 1e-9);
        // Between the two numbers what is there stays: no order for noise.
        var recommended = Math.Clamp(present, up, down);

        var least = Math.Max(options.MinReplicas, working || present > 0 ? 1 : 0);
        var window = state.Recommended.Add(signals.Now, recommended, options.StabilizationWindow);
        // Down only to what the whole window allows; up at once. What is there already bounds what the window keeps.
        var desired = Math.Max(recommended, Math.Min(present, window.Max));
        return new(Math.Clamp(desired, least, options.MaxReplicas), new(forecast, window));
    }

    /// <summary>Replicas, not rounded, that arrivals and backlog need when one ordered now would be ready.</summary>
    private static double Demand(in ArrivalForecast forecast, in ReplicaSignals signals, ReplicaOptions options)
    {
        var present = signals.Ready + signals.Starting;
        var late = signals.QueueDelay > options.TargetQueueDelay;
        if (signals.Capacity <= 0)
            return late && signals.Starting == 0 ? present + 1 : present;

        var seconds = signals.WarmUp.TotalSeconds;
        var expected = Math.Max(forecast.Level, forecast.After(signals.WarmUp));
        var arrivals = expected + options.Confidence * forecast.Deviation(signals.WarmUp, options);

        // Work in flight beyond what lies in the queues when all is well; the queue's own clock counts where it says more.
        var rate = signals.Ready * signals.Capacity;
        var waiting = Math.Max(
            signals.InFlight - rate * options.TargetQueueDelay.TotalSeconds,
            rate * (signals.QueueDelay - options.TargetQueueDelay).TotalSeconds);
        var drain = 0.0;
        if (waiting > 0)
        {
            // Replicas that start are taken to be ready halfway on the average.
            var done = (signals.Ready + signals.Starting * 0.5) * signals.Capacity * seconds;
            var left = Math.Max(0, waiting + forecast.Level * seconds - done);
            drain = left / options.DrainTime.TotalSeconds;
        }
        return (arrivals + drain) / (signals.Capacity * options.TargetUtilization);
    }
}
