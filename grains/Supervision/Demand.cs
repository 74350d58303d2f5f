using Orrery.Fleet.Scaling;

namespace Orrery.Grains.Supervision;

/// <summary>Measures a model's load from what its silos report, and asks the policy how many replicas that needs. Guarded by the supervisor's turn.</summary>
internal sealed class Demand(ReplicaOptions options)
{
    private static readonly TimeSpan _guessedWarmUp = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (long Answered, long Queued)> _last = new(StringComparer.Ordinal);
    private ReplicaState _state = ReplicaState.Initial;
    private TimeSpan? _before;
    private TimeSpan _lastRequest;
    private bool _woken;

    /// <summary>Share of one replica's capacity that arrivals take, 0 to 1.</summary>
    public double Utilization { get; private set; }

    /// <summary>Replicas that arrivals need, of those last decided.</summary>
    public int Sustained { get; private set; }

    /// <summary>Someone asks for a model that sleeps.</summary>
    public void Wake() => _woken = true;

    /// <summary>Decides anew.</summary>
    /// <param name="now">On a clock that never goes back.</param>
    /// <param name="replicas">All of them.</param>
    /// <param name="least">Replicas that there are whatever the load is; not negative.</param>
    /// <returns>Replicas that there should be.</returns>
    public int Decide(TimeSpan now, IReadOnlyCollection<ManagedReplica> replicas, int least)
    {
        var (answered, queued, delay, rate, ready, starting) = (0L, 0L, TimeSpan.Zero, 0.0, 0, 0);
        var warmUp = TimeSpan.Zero;
        foreach (var replica in replicas)
        {
            var (oldAnswered, oldQueued) = _last.GetValueOrDefault(replica.Key);
            answered += Math.Max(0, replica.AnsweredTokens - oldAnswered + replica.Load.QueuedTokens - oldQueued);
            _last[replica.Key] = (replica.AnsweredTokens, replica.Load.QueuedTokens);
            queued += replica.Load.QueuedTokens;
            delay = replica.QueueDelay > delay ? replica.QueueDelay : delay;
            warmUp = replica.Report is { } report && report.WarmUp > warmUp ? report.WarmUp : warmUp;
            starting += replica.Phase == Interfaces.Wire.ReplicaPhase.Starting ? 1 : 0;
            if (replica.Answers)
            {
                ready++;
                rate += replica.Load.TokensPerSecond;
            }
        }

        foreach (var gone in _last.Keys.Where(key => !replicas.Any(replica => replica.Key == key)).ToList())
            _last.Remove(gone);
        var seconds = _before is { } before ? (now - before).TotalSeconds : 0;
        var arrivals = seconds > 0 ? answered / seconds : 0;
        if (answered > 0 || queued > 0 || _woken || _before is null)
            _lastRequest = now;
        var capacity = ready > 0 ? rate / ready : 0;
        Utilization = rate > 0 ? Math.Clamp(arrivals / rate, 0, 1) : 0;
        // Whoever wakes a model waits: that is one unit of work until a replica answers.
        var inFlight = queued + (_woken && ready == 0 ? 1 : 0);
        _woken &= ready == 0;
        var signals = new ReplicaSignals(now, arrivals, delay, inFlight, capacity, ready, starting, warmUp > TimeSpan.Zero ? warmUp : _guessedWarmUp, _lastRequest);
        var decision = ReplicaPolicy.Decide(_state, signals, options with { MinReplicas = Math.Min(least, options.MaxReplicas) });
        (_state, _before, Sustained) = (decision.State, now, decision.Sustained);
        return decision.Desired;
    }
}
