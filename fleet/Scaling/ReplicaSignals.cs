namespace Orrery.Fleet.Scaling;

/// <summary>What is measured of one model when its number of replicas is decided. Work is counted in one unit throughout: tokens or texts.</summary>
/// <param name="Now">Time on a clock that never goes back.</param>
/// <param name="ArrivalRate">Work that arrived since the last decision, in units a second.</param>
/// <param name="QueueDelay">Longest wait that replicas reported since the last decision, or age of what waits for the first replica.</param>
/// <param name="InFlight">Work that arrived and is not answered, in units.</param>
/// <param name="Capacity">Units a second that one replica was measured to do; 0 while none has been measured.</param>
/// <param name="Ready">Replicas that answer.</param>
/// <param name="Starting">Replicas that were ordered and do not answer yet.</param>
/// <param name="WarmUp">Time from order to first answer, as measured.</param>
/// <param name="LastRequest">When the last request came, on the clock of <paramref name="Now"/>.</param>
public readonly record struct ReplicaSignals(
    TimeSpan Now,
    double ArrivalRate,
    TimeSpan QueueDelay,
    double InFlight,
    double Capacity,
    int Ready,
    int Starting,
    TimeSpan WarmUp,
    TimeSpan LastRequest);
