namespace Orrery.Engine.Batching;

/// <summary>What bounds a model's queue.</summary>
/// <param name="MaxTokens">Tokens that may wait.</param>
/// <param name="MaxDelay">Estimated wait above which work is refused.</param>
internal sealed record QueueLimits(int MaxTokens, TimeSpan MaxDelay);

/// <summary>Refuses at once what would only be queued to die. Pure: the caller brings the lock.</summary>
internal sealed class Admission(BatchQueue queue, LoadEstimate load, QueueLimits limits, BatchPolicy policy)
{
    /// <summary>Whether new work may be queued.</summary>
    /// <param name="priority">Of the work.</param>
    /// <param name="tokens">Of the work; 0 when not yet known.</param>
    /// <param name="timeout">How long its caller waits; null for the limit alone.</param>
    /// <param name="idleSessions">Sessions without work.</param>
    /// <returns>Null, or the refusal with the time after which trying again may succeed. An empty queue takes anything.</returns>
    public InferenceError? Check(Priority priority, long tokens, TimeSpan? timeout, int idleSessions)
    {
        var ahead = queue.TokensAhead(priority);
        if (ahead == 0)
            return null;
        var wait = load.WaitSeconds(ahead, idleSessions);
        var limit = limits.MaxDelay.TotalSeconds;
        string reason;
        if (wait > limit)
        {
            reason = $"the estimated wait of {wait:F2} s exceeds the limit of {limit:F2} s";
        }
        else if (timeout is { } deadline && load.WorstAnswerSeconds(ahead, policy) > deadline.TotalSeconds)
        {
            reason = $"with {ahead} tokens waiting the answer may not come within the deadline of {deadline.TotalSeconds:F2} s";
            limit = Math.Min(limit, deadline.TotalSeconds);
        }
        else if (ahead + tokens > limits.MaxTokens)
        {
            reason = $"{ahead} tokens are waiting, and {tokens} more would exceed the limit of {limits.MaxTokens}";
        }
        else
        {
            return null;
        }

        return new InferenceError(InferenceErrorKind.Overloaded, reason, RetryAfter: TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(wait - limit))));
    }
}
