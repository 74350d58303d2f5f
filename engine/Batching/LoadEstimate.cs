namespace Orrery.Engine.Batching;

/// <summary>
/// How fast a model works, and so how long new work would wait. The rate is a moving average over completed runs,
/// weighted by their tokens so that many small runs do not drown a large one.
/// </summary>
internal sealed class LoadEstimate(int sessions, double tokensPerSecond)
{
    // Tokens after which an old rate counts e^-1: about a dozen batches, a fraction of a second of full load.
    private const double Memory = 8192;

    /// <summary>Tokens a second of all sessions together; always positive.</summary>
    public double TokensPerSecond { get; private set; } = Math.Max(1, tokensPerSecond);

    /// <summary>Tokens that are being computed.</summary>
    public long Running { get; private set; }

    /// <summary>Tokens that have been computed.</summary>
    public long Answered { get; private set; }

    public void Started(long tokens) => Running += tokens;

    /// <param name="tokens">What <see cref="Started"/> was told.</param>
    /// <param name="seconds">How long the run took.</param>
    /// <param name="busySessions">Sessions that were running, this one included, at its end.</param>
    public void Completed(long tokens, double seconds, int busySessions)
    {
        Running -= tokens;
        Answered += tokens;
        if (seconds <= 0)
            return;
        // A run that had the machine to itself says nothing of how fast it goes when all run: count the busy ones only.
        var rate = tokens / seconds * Math.Clamp(busySessions, 1, sessions);
        var weight = 1 - Math.Exp(-tokens / Memory);
        TokensPerSecond = Math.Max(1, TokensPerSecond + ((rate - TokensPerSecond) * weight));
    }

    /// <summary>Seconds until work behind <paramref name="tokensAhead"/> queued tokens would start; 0 when a session is idle.</summary>
    /// <param name="tokensAhead">Queued tokens that go first.</param>
    /// <param name="idleSessions">Sessions without work.</param>
    public double WaitSeconds(long tokensAhead, int idleSessions) =>
        idleSessions > 0 && tokensAhead == 0 ? 0 : (tokensAhead + (Running / 2.0)) / TokensPerSecond;

    /// <summary>
    /// Seconds until work behind <paramref name="tokensAhead"/> queued tokens is answered when it is overtaken by as much
    /// as the policy allows and then runs in a full batch.
    /// </summary>
    public double WorstAnswerSeconds(long tokensAhead, BatchPolicy policy) =>
        (tokensAhead + Running + Math.Min(tokensAhead, policy.Window) + ((long)policy.MaxTokens * sessions)) / TokensPerSecond;
}
