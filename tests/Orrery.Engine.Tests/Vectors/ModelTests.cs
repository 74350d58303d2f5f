using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Engine.Vectors;
using static Orrery.Engine.Tests.Vectors.StoreFixture;

namespace Orrery.Engine.Tests.Vectors;

/// <summary>Random sequences of operations, and after each the answers of a store that is a dictionary.</summary>
public sealed class ModelTests
{
    private const int Dimension = 3;

    [Theory]
    [InlineData(VectorMetric.Cosine)]
    [InlineData(VectorMetric.DotProduct)]
    [InlineData(VectorMetric.Euclidean)]
    public void Answers_as_a_dictionary_would_whatever_is_done_to_it(VectorMetric metric) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed => RunAsync(metric, seed).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(12));

    private static async Task<bool> RunAsync(VectorMetric metric, int seed)
    {
        var random = new Random(seed);
        await using var fixture = await MakeAsync(metric);
        var spaces = new Dictionary<string, NaiveStore> { [""] = new(metric), ["x"] = new(metric) };
        for (var step = 0; step < 60; step++)
        {
            var name = random.Next(3) == 0 ? "x" : "";
            var naive = spaces[name];
            switch (random.Next(13))
            {
                case < 5:
                    await UpsertAsync(fixture, naive, name, random);
                    break;
                case 5:
                    await UpdateAsync(fixture, naive, name, random);
                    break;
                case 6:
                    var filter = RandomFilter(random);
                    var set = RandomMetadata.Object(random);
                    var matched = naive.Records.Where(record => NaiveStore.Matches(filter.Root, record.Value.Metadata)).Select(record => record.Key).ToList();
                    var receipt = Must(await fixture.Store.UpdateAsync(new() { Index = IndexName, Namespace = name, Filter = filter, SetMetadata = Encoding.UTF8.GetBytes(set) }, default));
                    Assert.Equal(matched.Count, receipt.Matched);
                    foreach (var id in matched)
                        naive.Records[id] = (naive.Records[id].Values, Merge(naive.Records[id].Metadata, set));
                    break;
                case 7:
                    string[] ids = [Id(random), Id(random), "nobody"];
                    Must(await fixture.Store.DeleteAsync(new() { Index = IndexName, Namespace = name, Ids = ids }, default));
                    foreach (var id in ids)
                        naive.Records.Remove(id);
                    break;
                case 8:
                    var which = RandomFilter(random);
                    Must(await fixture.Store.DeleteAsync(new() { Index = IndexName, Namespace = name, Filter = which }, default));
                    foreach (var id in naive.Records.Where(record => NaiveStore.Matches(which.Root, record.Value.Metadata)).Select(record => record.Key).ToList())
                        naive.Records.Remove(id);
                    break;
                case 9 when random.Next(4) == 0:
                    Must(await fixture.Store.DeleteAsync(new() { Index = IndexName, Namespace = name, All = true }, default));
                    naive.Records.Clear();
                    break;
                case 10 when random.Next(4) == 0:
                    // Refused when nobody wrote to it.
                    await fixture.Store.DeleteNamespaceAsync(IndexName, name, default);
                    naive.Records.Clear();
                    break;
                case 11:
                    await fixture.ReopenAsync();
                    break;
            }

            await CompareAsync(fixture, naive, name, random);
        }

        return true;
    }

    private static async Task UpsertAsync(StoreFixture fixture, NaiveStore naive, string name, Random random)
    {
        var ids = Enumerable.Range(0, random.Next(1, 9)).Select(_ => Id(random)).Distinct().ToList();
        var vectors = ids.ConvertAll(_ => Vector(random));
        var metadata = ids.ConvertAll(_ => random.Next(4) == 0 ? "" : RandomMetadata.Object(random));
        Must(await fixture.Store.UpsertAsync(
            new()
            {
                Index = IndexName,
                Namespace = name,
                Ids = ids,
                Dimension = Dimension,
                Values = vectors.SelectMany(vector => vector).ToArray(),
                Metadata = metadata.ConvertAll(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text)),
            },
            default));
        for (var i = 0; i < ids.Count; i++)
            naive.Records[ids[i]] = (vectors[i], metadata[i]);
    }

    private static async Task UpdateAsync(StoreFixture fixture, NaiveStore naive, string name, Random random)
    {
        var id = Id(random);
        var values = random.Next(2) == 0 ? Vector(random) : [];
        var set = random.Next(2) == 0 ? RandomMetadata.Object(random) : "";
        var receipt = Must(await fixture.Store.UpdateAsync(
            new() { Index = IndexName, Namespace = name, Id = id, Values = values, SetMetadata = Encoding.UTF8.GetBytes(set) }, default));
        Assert.Equal(naive.Records.ContainsKey(id) ? 1 : 0, receipt.Matched);
        if (naive.Records.TryGetValue(id, out var old))
            naive.Records[id] = (values.Length > 0 ? values : old.Values, Merge(old.Metadata, set));
    }

    private static async Task CompareAsync(StoreFixture fixture, NaiveStore naive, string name, Random random)
    {
        var vector = Vector(random);
        var filter = random.Next(2) == 0 ? null : RandomFilter(random);
        var top = random.Next(1, 40);
        var matches = Must(await fixture.Store.QueryAsync(new() { Index = IndexName, Namespace = name, Vector = vector, TopK = top, Filter = filter }, default)).Matches;
        Assert.Equal(naive.Query(vector, top, filter), matches.Select(match => (match.Id, match.Score)));

        var listed = new List<string>();
        string? token = null;
        do
        {
            var page = Must(await fixture.Store.ListAsync(new() { Index = IndexName, Namespace = name, Prefix = "i", Limit = 7, Token = token }, default));
            listed.AddRange(page.Ids);
            token = page.Next;
        }
        while (token is not null);
        Assert.Equal(naive.Records.Keys.Where(id => id.StartsWith('i')), listed);

        var fetched = await fixture.FetchAsync(name, [.. naive.Records.Keys]);
        Assert.Equal(
            naive.Records.Select(record => (record.Key, string.Join(',', record.Value.Values), record.Value.Metadata)),
            fetched.Select(record => (record.Id, string.Join(',', record.Values.ToArray()), Encoding.UTF8.GetString(record.Metadata.Span))));
        var stats = Must(await fixture.Store.StatsAsync(IndexName, filter, default));
        Assert.Equal(
            naive.Records.Values.Count(record => filter is null || NaiveStore.Matches(filter.Root, record.Metadata)),
            stats.Namespaces.FirstOrDefault(space => space.Name == name)?.Records ?? 0);
    }

    private static string Merge(string metadata, string set) => Encoding.UTF8.GetString(VectorMetadata.Merge(Encoding.UTF8.GetBytes(metadata), Encoding.UTF8.GetBytes(set)));

    private static string Id(Random random) => random.Next(8) == 0 ? $"é😀-{random.Next(5)}" : $"i{random.Next(40)}";

    // Small whole numbers: sums are exact in whatever order they are added, and equal scores are frequent.
    private static float[] Vector(Random random) => [random.Next(-3, 4), random.Next(-3, 4), random.Next(-3, 4)];

    private static VectorFilter RandomFilter(Random random) => Filter(RandomMetadata.Filter(random, 3))!;
}
