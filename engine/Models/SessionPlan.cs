namespace Orrery.Engine.Models;

/// <summary>How a model is run on this machine.</summary>
/// <param name="Sessions">Concurrent runs.</param>
/// <param name="Threads">Threads within one run.</param>
/// <param name="MaxBatchTokens">Padded tokens of one batch.</param>
/// <param name="TokensPerSecond">Of all sessions together, measured; positive.</param>
internal sealed record SessionPlan(int Sessions, int Threads, int MaxBatchTokens, double TokensPerSecond);
