namespace Orrery.Engine.Models;

/// <summary>How a model is run on this machine.</summary>
/// <param name="Sessions">Concurrent runs.</param>
/// <param name="Threads">Threads within one run.</param>
/// <param name="WideThreads">Threads of a run that has the machine to itself; 0 where more threads gain nothing.</param>
/// <param name="MaxBatchTokens">Padded tokens of one batch.</param>
/// <param name="TokensPerSecond">Of all sessions together, measured; positive.</param>
internal sealed record SessionPlan(int Sessions, int Threads, int WideThreads, int MaxBatchTokens, double TokensPerSecond);
