using System.Text;
using Orrery.Cluster.Tests.Support;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Grains.Replicas;

namespace Orrery.Cluster.Tests.Vectors;

public sealed class DirectoryTests
{
    private const string Index = "default";

    [Fact]
    public async Task Of_claims_that_race_one_decides_for_all_shards()
    {
        using var folders = new VectorFolders(new VectorOptions { Shards = 4 });
        await using var fleet = await TestFleet.StartAsync([new SiloRole(), new SiloRole()], vectors: folders);
        for (var round = 0; round < 5; round++)
        {
            var space = $"n{round}";
            // As many of each dimension and model, all at once.
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(async () =>
            {
                var (dimension, model) = (2 + (i % 2), i % 3 == 0 ? "one" : "two");
                return (Dimension: dimension, Model: model, Outcome: await UpsertAsync(fleet.Vectors, space, dimension, model, 20, i));
            })));

            var won = outcomes.Where(one => one.Outcome.Error is null).ToList();
            Assert.NotEmpty(won);
            Assert.Single(won.Select(one => (one.Dimension, one.Model)).Distinct());
            Assert.All(outcomes.Except(won), one => Assert.Contains(one.Outcome.Error!.Kind, (InferenceErrorKind[])[InferenceErrorKind.Conflict, InferenceErrorKind.Invalid]));
            var info = await FindAsync(fleet.Vectors, space);
            Assert.Equal((won[0].Dimension, won[0].Model, won.Count * 20L), (info.Dimension!.Value, info.Model!.Digest, info.Records));
        }
    }

    [Fact]
    public async Task An_index_is_what_it_was_made_to_be_until_it_is_removed()
    {
        using var folders = new VectorFolders(new VectorOptions { Shards = 2 });
        await using var fleet = await TestFleet.StartAsync([new SiloRole(), new SiloRole()], vectors: folders);
        var store = fleet.Vectors;
        var spec = new IndexSpec { Name = "mine", Dimension = 2, Metric = VectorMetric.Euclidean, Tags = new Dictionary<string, string> { ["a"] = "b" } };
        Assert.Null((await store.CreateIndexAsync(spec, default)).Error);
        Assert.Equal(InferenceErrorKind.Conflict, (await store.CreateIndexAsync(spec, default)).Error?.Kind);
        Assert.Equal(["default", "mine"], (await store.ListIndexesAsync(default)).Value!.Select(index => index.Spec.Name));
        var changed = await store.ConfigureIndexAsync("mine", new IndexChange(true, new Dictionary<string, string> { ["a"] = "", ["c"] = "d" }), default);
        Assert.Equal("c=d", string.Join(',', changed.Value!.Spec.Tags.Select(tag => $"{tag.Key}={tag.Value}")));
        Assert.Equal(InferenceErrorKind.Conflict, (await store.DeleteIndexAsync("mine", default)).Error?.Kind);
        await store.ConfigureIndexAsync("mine", new IndexChange(false, null), default);

        Assert.Null((await UpsertAsync(store, "n", 2, "one", 10, 0, "mine")).Error);
        Assert.Equal(InferenceErrorKind.Invalid, (await UpsertAsync(store, "n", 3, "one", 10, 0, "mine")).Error?.Kind);
        Assert.Null((await store.DeleteIndexAsync("mine", default)).Error);
        Assert.Equal(InferenceErrorKind.NotFound, (await UpsertAsync(store, "n", 2, "one", 10, 0, "mine")).Error?.Kind);

        // Of another kind, and nothing of the old one in it.
        Assert.Null((await store.CreateIndexAsync(spec with { Dimension = 5, Metric = VectorMetric.DotProduct, Element = VectorElement.Int8 }, default)).Error);
        Assert.Empty((await store.StatsAsync("mine", null, default)).Value!.Namespaces);
        Assert.Null((await UpsertAsync(store, "n", 5, "two", 10, 0, "mine")).Error);
        Assert.Equal(10, (await FindAsync(store, "n", "mine")).Records);
    }

    [Fact]
    public async Task Shards_are_shared_out_and_a_store_that_is_away_is_named_until_it_is_back()
    {
        using var folders = new VectorFolders(new VectorOptions { Shards = 4 });
        await using (var fleet = await TestFleet.StartAsync([new SiloRole(), new SiloRole()], vectors: folders))
        {
            Assert.Null((await UpsertAsync(fleet.Vectors, "n", 2, "one", 200, 0)).Error);
            foreach (var place in (int[])[0, 1])
                Assert.Equal(2, (await folders.Take(place)!.HeldAsync(default)).Length);
        }

        // Half of the folders, and a directory without a memory.
        await using (var fleet = await TestFleet.StartAsync([new SiloRole()], vectors: folders))
        {
            var query = await fleet.Vectors.QueryAsync(new VectorQuery { Index = Index, Namespace = "n", Vector = new float[] { 1, 0 }, TopK = 5 }, default);
            Assert.Equal(InferenceErrorKind.Unavailable, query.Error?.Kind);
            Assert.Matches("^shard [0-3] of namespace 'n' in index 'default' cannot be reached", query.Error!.Message);
            var all = await UpsertAsync(fleet.Vectors, "n", 2, "one", 200, 1);
            Assert.Equal(InferenceErrorKind.Unavailable, all.Error?.Kind);
            var alone = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => UpsertAsync(fleet.Vectors, "n", 2, "one", 1, 1000 + i)));
            Assert.Contains(alone, one => one.Error is null);
            Assert.Contains(alone, one => one.Error?.Kind == InferenceErrorKind.Unavailable);
            // Nothing is removed by halves either.
            Assert.Equal(InferenceErrorKind.Unavailable, (await fleet.Vectors.DeleteNamespaceAsync(Index, "n", default)).Error?.Kind);
            // Others are made where there is a place.
            Assert.Null((await UpsertAsync(fleet.Vectors, "other", 2, "one", 10, 0)).Error);
        }

        await using (var fleet = await TestFleet.StartAsync([new SiloRole(), new SiloRole()], vectors: folders))
        {
            var first = await fleet.Vectors.FetchAsync(new FetchRequest { Index = Index, Namespace = "n", Ids = [.. Enumerable.Range(0, 200).Select(i => $"0-{i}")] }, default);
            Assert.Equal(200, first.Value!.Records.Count);
            Assert.Null((await fleet.Vectors.DeleteNamespaceAsync(Index, "n", default)).Error);
            Assert.Equal(InferenceErrorKind.NotFound, (await fleet.Vectors.FindNamespaceAsync(Index, "n", default)).Error?.Kind);
            Assert.Equal(10, (await FindAsync(fleet.Vectors, "other")).Records);
        }
    }

    [Fact]
    public async Task A_cluster_without_a_store_says_so()
    {
        using var folders = new VectorFolders();
        await using var fleet = await TestFleet.StartAsync([new SiloRole()], vectors: folders, stores: 0);
        Assert.Equal("no silo that keeps vectors is here", (await UpsertAsync(fleet.Vectors, "n", 2, "one", 1, 0)).Error?.Message);
        Assert.Empty((await fleet.Vectors.QueryAsync(new VectorQuery { Index = Index, Vector = new float[] { 1, 0 }, TopK = 5 }, default)).Value!.Matches);
    }

    private static async Task<Outcome<UpsertReceipt>> UpsertAsync(IVectorStore store, string space, int dimension, string model, int count, int batch, string index = Index) => await store.UpsertAsync(
        new UpsertRequest
        {
            Index = index,
            Namespace = space,
            Ids = [.. Enumerable.Range(0, count).Select(i => $"{batch}-{i}")],
            Dimension = dimension,
            Values = Enumerable.Range(0, count * dimension).Select(i => (float)i).ToArray(),
            Metadata = [.. Enumerable.Range(0, count).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($$"""{"i":{{i}}}"""))],
            Model = new EmbeddingModel(model, model),
        },
        default);

    private static async Task<NamespaceInfo> FindAsync(IVectorStore store, string space, string index = Index)
    {
        var found = await store.FindNamespaceAsync(index, space, default);
        Assert.Null(found.Error);
        return found.Value!;
    }
}
