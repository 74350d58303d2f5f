namespace Orrery.Fleet.Routing;

/// <summary>A run of a request's texts that go to one replica together.</summary>
/// <param name="Start">Index of the first text.</param>
/// <param name="Count">Texts; at least 1.</param>
/// <param name="Tokens">Their estimated tokens.</param>
public readonly record struct Chunk(int Start, int Count, long Tokens);

/// <summary>Splits a request over replicas by tokens: few chunks, about equal, in order. Allocates nothing.</summary>
public static class RequestSplitter
{
    /// <summary>Splits the texts into chunks that cover them in order, and returns how many chunks there are.</summary>
    /// <param name="tokens">Estimated tokens of each text; not negative.</param>
    /// <param name="replicas">Replicas that could share the work.</param>
    /// <param name="options">Valid ones.</param>
    /// <param name="chunks">Takes the chunks; when it is shorter than <see cref="RouterOptions.MaxChunks"/> there are no more than it holds. At least 1.</param>
    public static int Split(ReadOnlySpan<int> tokens, int replicas, RouterOptions options, Span<Chunk> chunks)
    {
        if (tokens.IsEmpty)
            return 0;
        long total = 0;
        foreach (var count in tokens)
            total += count;
        var most = Math.Min(Math.Min(replicas, tokens.Length), Math.Min(options.MaxChunks, chunks.Length));
        var wanted = (int)Math.Clamp(total / options.MinChunkTokens, 1, Math.Max(1, most));

        var (start, used) = (0, 0L);
        for (var i = 0; i < wanted; i++)
        {
            // The end nearest to an equal share of what is left; every later chunk keeps a text.
            var share = (total - used) / (wanted - i);
            var (end, sum) = (start + 1, (long)tokens[start]);
            var last = tokens.Length - (wanted - i - 1);
            while (end < last && (i == wanted - 1 || sum + tokens[end] / 2 < share))
                sum += tokens[end++];
            chunks[i] = new(start, end - start, sum);
            (start, used) = (end, used + sum);
        }
        return wanted;
    }
}
