namespace Orrery.Engine.Tokenization;

/// <summary>How long a tokenizer may work on one text: far longer than any honest one does on the longest.</summary>
internal readonly struct TimeLimit
{
    private const long LongestMilliseconds = 10_000;

    private readonly long _began = Environment.TickCount64;

    public TimeLimit()
    {
    }

    /// <exception cref="TokenizationException">The time is over.</exception>
    public void Check()
    {
        if (Environment.TickCount64 - _began > LongestMilliseconds)
            throw new TokenizationException($"the tokenizer takes longer than {LongestMilliseconds / 1000} s over one text");
    }
}
