using Orrery.Fleet.Scaling;

namespace Orrery.Fleet.Tests.Simulation;

/// <summary>Says how many replicas there are to be.</summary>
public interface IScaler
{
    /// <summary>Seconds between two decisions; a multiple of <see cref="ArrivalTrace.Step"/>.</summary>
    double Period { get; }

    /// <summary>The number from now on, starting ones included.</summary>
    int Decide(in ReplicaSignals signals);
}

/// <summary>Ours.</summary>
public sealed class PolicyScaler(ReplicaOptions options) : IScaler
{
    private ReplicaState _state = ReplicaState.Initial;

    public double Period => 1;

    public int Decide(in ReplicaSignals signals)
    {
        (var desired, _, _state) = ReplicaPolicy.Decide(_state, signals, options);
        return desired;
    }
}

/// <summary>
/// The Kubernetes HorizontalPodAutoscaler with its default behaviour on a metric of the work that arrives per replica: every 15 seconds
/// desired = ceil(current * metric / target) unless that ratio is within 10 % of 1, up by at most 100 % or 4, whichever is more, down to
/// the largest recommendation of 5 minutes. Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
/// </summary>
public sealed class HpaScaler(double targetUtilization, int maxReplicas) : IScaler
{
    private readonly Queue<(TimeSpan Time, int Value)> _recommended = [];

    public double Period => 15;

    public int Decide(in ReplicaSignals signals)
    {
        var now = signals.Now;
        var current = signals.Ready + signals.Starting;
        var ratio = signals.ArrivalRate / (current * targetUtilization * signals.Capacity);
        var desired = Math.Abs(ratio - 1) <= 0.1 ? current : (int)Math.Ceiling(current * ratio);
        _recommended.Enqueue((now, desired));
        while (now - _recommended.Peek().Time > TimeSpan.FromMinutes(5))
            _recommended.Dequeue();
        desired = Math.Max(desired, Math.Min(current, _recommended.Max(entry => entry.Value)));
        desired = Math.Min(desired, Math.Max(current * 2, current + 4));
        return Math.Clamp(desired, 1, maxReplicas);
    }
}

/// <summary>A plan, by steps of <see cref="ArrivalTrace.Step"/>, of replicas that exist (starting or ready).</summary>
public sealed class PlannedScaler(int[] replicas) : IScaler
{
    public double Period => ArrivalTrace.Step;

    public int Decide(in ReplicaSignals signals) =>
        replicas[Math.Min((int)Math.Round(signals.Now.TotalSeconds / ArrivalTrace.Step), replicas.Length - 1)];
}
