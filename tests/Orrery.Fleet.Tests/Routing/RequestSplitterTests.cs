using FsCheck;
using FsCheck.Fluent;
using Orrery.Fleet.Routing;

namespace Orrery.Fleet.Tests.Routing;

public sealed class RequestSplitterTests
{
    private static readonly RouterOptions _options = new() { MinChunkTokens = 100, MaxChunks = 8 };

    [Theory]
    [InlineData(199, 4, 1)] // below twice the least chunk
    [InlineData(200, 4, 2)]
    [InlineData(10_000, 4, 4)]
    [InlineData(10_000, 20, 8)]
    [InlineData(10_000, 1, 1)]
    public void Makes_few_chunks(int texts, int replicas, int chunks) =>
        Assert.Equal(chunks, RequestSplitter.Split(Enumerable.Repeat(1, texts).ToArray(), replicas, _options, new Chunk[8]));

    [Fact]
    public void Splits_nothing_into_nothing() => Assert.Equal(0, RequestSplitter.Split([], 4, _options, new Chunk[8]));

    [Fact]
    public void Keeps_one_text_whole_however_long() => Assert.Equal(1, RequestSplitter.Split([100_000], 4, _options, new Chunk[8]));

    [Fact]
    public void Any_request_is_covered_once_in_order_and_about_equally() => Prop.ForAll(
        ArbMap.Default.ArbFor<ushort[]>(), ArbMap.Default.ArbFor<byte>(), ArbMap.Default.ArbFor<byte>(),
        (sizes, replicas, room) =>
        {
            var tokens = Array.ConvertAll(sizes, size => (int)size % 700);
            var chunks = new Chunk[room % 10 + 1];
            var count = RequestSplitter.Split(tokens, replicas, _options, chunks);
            var (next, total) = (0, tokens.Sum());
            foreach (var chunk in chunks.AsSpan(0, count))
            {
                Assert.Equal(next, chunk.Start);
                Assert.True(chunk.Count > 0);
                Assert.Equal(tokens.AsSpan(chunk.Start, chunk.Count).ToArray().Sum(), chunk.Tokens);
                // Off an equal share by no more than a text at either end.
                if (tokens.Length > 3 * count)
                    Assert.True(chunk.Tokens <= (double)total / count + 700 * (count > 1 ? 2 : 0), $"{chunk} of {total} in {count}");
                next += chunk.Count;
            }
            Assert.Equal(tokens.Length, next);
            Assert.InRange(count, tokens.Length == 0 ? 0 : 1, Math.Max(tokens.Length == 0 ? 0 : 1, Math.Min((int)replicas, _options.MaxChunks)));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("", 2)]
    [InlineData("four", 3)]
    [InlineData("a text of 24 characters.", 8)]
    [InlineData("日本語", 5)]
    public void Estimates_tokens_from_characters(string text, int tokens) => Assert.Equal(tokens, TokenEstimate.Of(text));

    [Fact]
    public void Refuses_options_out_of_range_by_name()
    {
        Assert.Null(new RouterOptions().Validate());
        Assert.StartsWith("Freshness", new RouterOptions { Freshness = TimeSpan.Zero }.Validate(), StringComparison.Ordinal);
        Assert.StartsWith("MinChunkTokens", new RouterOptions { MinChunkTokens = 0 }.Validate(), StringComparison.Ordinal);
        Assert.StartsWith("MaxChunks", new RouterOptions { MaxChunks = 65 }.Validate(), StringComparison.Ordinal);
    }
}
