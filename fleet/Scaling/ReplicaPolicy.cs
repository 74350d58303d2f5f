namespace Orrery.Fleet.Scaling;

/// <summary>
/// How many replicas a model is to have: enough for the arrivals that are to be expected when a replica ordered now is ready, plus what
/// drains the backlog there will be by then. Fast up, slow down. A pure function: the same state and signals give the same decision.
/// </summary>
public static class ReplicaPolicy
{
    /// <summary>A number that was this share of what is needed now would have spared most of the wait.</summary>
    private const double Helpful = 0.85;

    /// <summary>Replicas that do less of their measured capacity than this are ill: more of them is no cure.</summary>
    private const double LeastEfficiency = 0.25;

    /// <summary>Decides the number for one model. To be called about once a second.</summary>
    /// <param name="state">What the last decision returned; <see cref="ReplicaState.Initial"/> before the first.</param>
    /// <param name="measured">What was measured since.</param>
    /// <param name="options">Valid ones.</param>
    public static ReplicaDecision Decide(ReplicaState state, in ReplicaSignals measured, ReplicaOptions options)
    {
        var next = Observe(state, measured, options);
        var signals = measured with { Capacity = measured.Capacity * next.Efficiency };
        var working = signals.InFlight > 0 || signals.ArrivalRate > 0;
        var present = signals.Ready + signals.Starting;

        if (options.IdleTimeout > TimeSpan.Zero && !working && signals.Now - signals.LastRequest >= options.IdleTimeout)
            return new(0, 0, next with { Recommended = RollingMax.Empty, Foreseen = RollingMax.Empty });

        var needed = Needed(next.Forecast, signals, options, signals.WarmUp);
        next = Regret(next, signals, needed, options);
        // What is needed is held; what is only foreseen just until it could have been there, should it not come.
        var recommended = RoundUp(Needed(next.Forecast, signals, options, TimeSpan.Zero), options);
        next = next with
        {
            Recommended = next.Recommended.Add(signals.Now, recommended, options.MaxStabilizationWindow),
            Foreseen = next.Foreseen.Add(signals.Now, RoundUp(needed, options), signals.WarmUp),
        };

        // Down only to what the whole window allowed, and past that only with some room; up at once.
        var held = next.Recommended.Since(signals.Now - next.Hold);
        held = Math.Max(held, Math.Min(present, RoundUp(needed / (1 - options.Hysteresis), options)));
        held = Math.Max(held, next.Foreseen.Max);
        var desired = Math.Max(held, RoundUp(needed + Drain(next.Forecast, signals, needed, options), options));
        var least = Math.Max(options.MinReplicas, working || present > 0 ? 1 : 0);
        return new(Math.Clamp(desired, least, options.MaxReplicas), Math.Clamp(held, least, options.MaxReplicas), next);
    }

    private static int RoundUp(double replicas, ReplicaOptions options) => (int)Math.Ceiling(Math.Min(replicas, options.MaxReplicas) - 1e-9);

    private static ReplicaState Observe(ReplicaState state, in ReplicaSignals signals, ReplicaOptions options)
    {
        var seconds = state.Forecast.Seen is { } seen ? Math.Max(0, (signals.Now - seen).TotalSeconds) : 0;
        var keep = Math.Exp(-seconds / options.Memory.TotalSeconds);
        var work = signals.ArrivalRate * seconds;
        var late = signals.QueueDelay > options.QueueDelayLimit ? work : 0;
        // To end a replica and to order it again costs a warm-up: what may be wanted within one stays.
        var least = signals.WarmUp > options.StabilizationWindow ? signals.WarmUp : options.StabilizationWindow;
        var hold = least + (state.Hold - least) * keep;
        return state with
        {
            Forecast = state.Forecast.Observe(signals.Now, signals.ArrivalRate, options.Smoothing),
            Hold = hold < least ? least : hold,
            Late = state.Late * keep + late,
            Arrived = state.Arrived * keep + work,
            Efficiency = Efficiency(state with { Efficiency = 1 - (1 - state.Efficiency) * keep }, signals, seconds, options),
            Ready = signals.Ready,
            InFlight = signals.InFlight,
        };
    }

    /// <summary>
    /// What replicas do while work waits is what they can do: arrivals less the growth of what is in flight. A capacity that was measured too high
    /// would otherwise keep a queue long for good. The share is forgotten as slowly as lateness is.
    /// </summary>
    private static double Efficiency(ReplicaState state, in ReplicaSignals signals, double seconds, ReplicaOptions options)
    {
        var possible = signals.Ready * signals.Capacity;
        var waiting = possible * options.QueueDelayLimit.TotalSeconds / 2;
        if (seconds <= 0 || possible <= 0 || signals.Ready != state.Ready || Math.Min(signals.InFlight, state.InFlight) <= waiting)
            return state.Efficiency;
        var seen = (signals.ArrivalRate - (signals.InFlight - state.InFlight) / seconds) / possible;
        var follow = 1 - Math.Exp(-seconds / options.LevelTime.TotalSeconds);
        return Math.Clamp(state.Efficiency + follow * (seen - state.Efficiency), LeastEfficiency, 1);
    }

    /// <summary>
    /// Requests are late, more than may be: had the replicas that were there not long ago been kept, they would not be. From now on they are kept
    /// that long. A load without precedent teaches nothing: no window would have helped.
    /// </summary>
    private static ReplicaState Regret(ReplicaState state, in ReplicaSignals signals, double needed, ReplicaOptions options)
    {
        if (signals.QueueDelay <= options.QueueDelayLimit || state.Late <= 0.5 * options.LateShare * state.Arrived
            || needed <= signals.Ready || state.Recommended.LastAtLeast(Helpful * needed) is not { } last)
            return state;
        var gap = (signals.Now - last) * 1.25;
        if (gap > options.MaxStabilizationWindow)
            gap = options.MaxStabilizationWindow;
        return gap > state.Hold ? state with { Hold = gap } : state;
    }

    /// <summary>Replicas, not rounded, for the arrivals to be expected when one ordered now is ready.</summary>
    private static double Needed(in LoadForecast forecast, in ReplicaSignals signals, ReplicaOptions options, TimeSpan horizon)
    {
        if (signals.Capacity <= 0)
            return signals.Ready + signals.Starting;
        var level = Math.Max(forecast.Level, forecast.After(horizon)) + options.Confidence * forecast.Deviation(horizon, options.Smoothing);
        // In heavy traffic P(wait > limit) = exp(-2 (C - level) C limit / variance): Kingman, "On queues in heavy traffic", 1962. Solved for C.
        var spread = forecast.Variance * -Math.Log(options.LateShare) / (2 * options.QueueDelayLimit.TotalSeconds);
        var capacity = (level + Math.Sqrt(level * level + 4 * spread)) / 2;
        return capacity / (signals.Capacity * options.TargetUtilization);
    }

    /// <summary>Replicas, not rounded, that drain what will still wait when one ordered now is ready.</summary>
    private static double Drain(in LoadForecast forecast, in ReplicaSignals signals, double needed, ReplicaOptions options)
    {
        if (signals.Capacity <= 0)
            return signals.QueueDelay > options.TargetQueueDelay && signals.Starting == 0 ? 1 : 0;
        // Work in flight beyond what lies in the queues when all is well; the queue's own clock counts where it says more.
        var rate = signals.Ready * signals.Capacity;
        var waiting = Math.Max(
            signals.InFlight - rate * options.TargetQueueDelay.TotalSeconds,
            rate * (signals.QueueDelay - options.TargetQueueDelay).TotalSeconds);
        if (waiting <= 0)
            return 0;
        // Replicas that start are taken to be ready halfway on the average.
        var spare = (signals.Ready + signals.Starting * 0.5) * signals.Capacity - forecast.Level;
        var left = Math.Max(0, waiting - spare * signals.WarmUp.TotalSeconds);
        var order = Math.Min(left / (options.DrainTime.TotalSeconds * signals.Capacity), options.MaxDrain * Math.Max(1, needed));
        // What is there anyway stays until the backlog is gone: to end it now and to miss it in a moment costs a warm-up.
        var keep = Math.Min(signals.Ready + signals.Starting - needed, waiting / (options.QueueDelayLimit.TotalSeconds * signals.Capacity));
        return Math.Max(order, keep);
    }
}
