using System.Text;
using Orrery.Engine.Vectors;
using static Orrery.Engine.Tests.Vectors.StoreFixture;

namespace Orrery.Engine.Tests.Vectors;

/// <summary>Readers beside writers, and many of each.</summary>
public sealed class ConcurrencyTests
{
    private const int Dimension = 32;
    private const int Stable = 2000;
    private const int Top = 20;
    private const int Changing = 400;

    [Fact]
    public async Task Readers_find_what_is_not_changed_while_all_around_it_is()
    {
        await using var fixture = await MakeAsync(VectorMetric.Euclidean);
        var random = new Random(1);
        // What stays lies around zero, what comes and goes lies around it in a ring that half of it always beats.
        var naive = new NaiveStore(VectorMetric.Euclidean);
        for (var i = 0; i < Stable; i++)
            naive.Records[$"s{i:D4}"] = (Point(random, i % 2 == 0 ? 1 : 100), "");
        await UpsertAsync(fixture, [.. naive.Records.Keys], [.. naive.Records.Values.SelectMany(record => record.Values)], "{\"kind\":\"stable\"}");
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(() => WriteAsync(fixture, stop.Token));
        var queries = Enumerable.Range(0, 4).Select(reader => Task.Run(async () =>
        {
            var own = new Random(reader);
            for (var i = 0; i < 60; i++)
            {
                var query = Point(own, 0.5f);
                var expected = naive.Query(query, Top, null);
                var found = await fixture.QueryAsync(query, Top + Changing);
                Assert.Equal(expected, found.Where(match => match.Id[0] == 's').Take(Top).Select(match => (match.Id, match.Score)));
                Assert.All(found, match => Assert.Equal(NaiveStore.Score(VectorMetric.Euclidean, query, match.Values.ToArray()), match.Score, match.Score * 1e-6f));
                var filtered = await fixture.QueryAsync(query, Top, "{\"kind\":\"stable\"}");
                Assert.Equal(expected, filtered.Select(match => (match.Id, match.Score)));
                // Each batch has one number, in its vectors and its metadata.
                Assert.All(found.Where(match => match.Id[0] == 'v'), match => Assert.Equal($$"""{"kind":{{match.Values.Span[0]}}}""", Encoding.UTF8.GetString(match.Metadata.Span)));
            }
        })).ToList();
        await Task.WhenAll(queries);
        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task Writers_that_come_together_are_all_served_and_one_refusal_is_one_writers()
    {
        await using var fixture = await MakeAsync();
        await fixture.UpsertAsync("first", [1, 0]);
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
            await fixture.Store.UpsertAsync(Upsert($"r{i % 150}", i % 10 == 3 ? [1, 2, 3] : [i, 1], $$"""{"i":{{i}}}"""), default))));
        for (var i = 0; i < answers.Length; i++)
            Assert.Equal(i % 10 == 3, answers[i].Error is not null);
        await fixture.ReopenAsync();
        var records = await fixture.FetchAsync("", [.. Enumerable.Range(0, 150).Select(i => $"r{i}")]);
        Assert.All(records, record => Assert.Equal($$"""{"i":{{record.Values.Span[0]}}}""", Encoding.UTF8.GetString(record.Metadata.Span)));
        Assert.Equal(135, records.Count);
    }

    [Fact]
    public async Task More_searches_than_may_wait_are_refused_with_when_to_come_again()
    {
        await using var fixture = await MakeAsync();
        var random = new Random(2);
        for (var first = 0; first < 3000; first += 1000)
            await UpsertAsync(fixture, [.. Enumerable.Range(first, 1000).Select(i => $"{i}")], [.. Enumerable.Range(0, 1000).SelectMany(_ => Point(random, 1))], "");
        var answers = await Task.WhenAll(Enumerable.Range(0, 2000).Select(_ =>
            fixture.Store.QueryAsync(new() { Index = IndexName, Vector = Point(new(3), 1), TopK = 1000 }, default).AsTask()));
        Assert.Contains(answers, answer => answer.Error is { Kind: InferenceErrorKind.Overloaded, RetryAfter: not null });
        Assert.Contains(answers, answer => answer.Value is { Matches.Count: 1000 });
        Assert.All(answers, answer => Assert.True(answer.Error is null or { Kind: InferenceErrorKind.Overloaded }));
    }

    private static async Task WriteAsync(StoreFixture fixture, CancellationToken stop)
    {
        var random = new Random(9);
        for (var number = 100; !stop.IsCancellationRequested; number++)
        {
            var ids = Enumerable.Range(0, 50).Select(_ => $"v{random.Next(Changing)}").Distinct().ToArray();
            // All far away, or all near: codes of slots that readers look at change from the worst to the best.
            var values = ids.SelectMany(_ => Enumerable.Repeat(number % 2 == 0 ? number : number / 1e6f, Dimension)).ToArray();
            await UpsertAsync(fixture, ids, values, $$"""{"kind":{{values[0]}}}""");
            if (number % 5 == 0)
                Must(await fixture.Store.DeleteAsync(new() { Index = IndexName, Ids = [.. Enumerable.Range(0, Changing).Where(i => i % 3 == number % 3).Select(i => $"v{i}")] }, default));
        }
    }

    private static async Task UpsertAsync(StoreFixture fixture, string[] ids, float[] values, string metadata) => Must(await fixture.Store.UpsertAsync(
        new()
        {
            Index = IndexName,
            Ids = ids,
            Dimension = values.Length / ids.Length,
            Values = values,
            Metadata = [.. Enumerable.Repeat((ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(metadata), ids.Length)],
        },
        default));

    private static float[] Point(Random random, float radius) => [.. Enumerable.Range(0, Dimension).Select(_ => random.Next(-8, 9) * radius)];
}
