namespace Orrery.Engine.Tokenization;

/// <summary>Which of two texts loses tokens.</summary>
internal enum TruncationStrategy
{
    LongestFirst,
    OnlyFirst,
    OnlySecond,
}

internal static class Truncation
{
    /// <summary>How many tokens stay of each text, for at most <paramref name="max"/> together.</summary>
    /// <remarks>Where the only text that may lose tokens is too short, which the reference refuses, the other loses the rest.</remarks>
    public static (int First, int Second) Fit(int first, int second, int max, TruncationStrategy strategy)
    {
        if (first + second <= max) return (first, second);
        switch (strategy)
        {
            case TruncationStrategy.OnlyFirst:
                second = Math.Min(second, max);
                return (max - second, second);
            case TruncationStrategy.OnlySecond:
                first = Math.Min(first, max);
                return (first, max - first);
            default:
                // The shorter stays whole while it is no more than half.
                int shorter = Math.Min(first, second), longer = Math.Max(shorter, max - shorter);
                if (shorter + longer > max) (shorter, longer) = (max / 2, max - (max / 2));
                return first <= second ? (shorter, longer) : (longer, shorter);
        }
    }
}
