using System.Text;
using Orrery.Api.Tests.Support;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using static Orrery.Api.Tests.Stores.TwoStores;

namespace Orrery.Api.Tests.Stores;

/// <summary>Two implementations of one seam: the same questions, the same answers.</summary>
[Collection(LocalFixture.Collection)]
public sealed class AgreementTests(LocalFixture fixture) : IAsyncLifetime
{
    private static readonly EmbeddingModel _mini = new("mini@v1", "sha256:ab12");
    private static readonly EmbeddingModel _other = new("other", "sha256:cd34");

    private TwoStores _stores = null!;

    public async Task InitializeAsync() => _stores = await TwoStores.StartAsync(fixture.Backend);

    public async Task DisposeAsync() => await _stores.DisposeAsync();

    [Fact]
    public async Task Indexes_are_made_told_changed_and_removed()
    {
        Assert.Equal("both 5 Euclidean protected=False ready=True ", await _stores.CreateAsync(VectorMetric.Euclidean));
        Assert.Equal("refused: Conflict", await _stores.CreateAsync(VectorMetric.Cosine));
        Assert.Equal("refused: NotFound", await _stores.BothAsync(store => store.FindIndexAsync("none", default), Tell));
        var change = new IndexChange(true, new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" });
        Assert.Contains("protected=True ready=True a=1,b=2", await _stores.BothAsync(store => store.ConfigureIndexAsync(Shared, change, default), Tell), StringComparison.Ordinal);
        Assert.Equal("refused: Conflict", await _stores.BothAsync(store => store.DeleteIndexAsync(Shared, default), Tell));
        await _stores.BothAsync(store => store.ConfigureIndexAsync(Shared, new(false, new Dictionary<string, string> { ["a"] = "" }), default), Tell);
        // The service lists none that has no dimension yet, as the default one.
        await _stores.BothAsync(store => store.ListIndexesAsync(default), list => string.Join('\n', list.Where(index => index.Spec.Dimension is not null).Select(Tell)));
        Assert.Equal("done", await _stores.BothAsync(store => store.DeleteIndexAsync(Shared, default), Tell));
        Assert.Equal("refused: NotFound", await _stores.BothAsync(store => store.DeleteIndexAsync(Shared, default), Tell));
        Assert.Equal("refused: NotFound", await _stores.BothAsync(store => store.UpsertAsync(Records(new Random(1), "ns", null, ["a"]), default), Tell));
    }

    [Fact]
    public async Task What_is_wrong_is_refused_alike()
    {
        await _stores.CreateAsync(VectorMetric.Cosine);
        var right = Records(new Random(1), "ns", _mini, ["a", "b"]);
        Assert.Equal("2 queued=False", await _stores.BothAsync(store => store.UpsertAsync(right, default), Tell));
        UpsertRequest[] wrong =
        [
            right with { Dimension = 2, Values = new float[4] },
            right with { Ids = ["a", "a"] },
            right with { Ids = ["a", ""] },
            right with { Ids = ["a", new string('x', 513)] },
            right with { Values = Enumerable.Repeat(float.NaN, 10).ToArray() },
            right with { Metadata = ["""{"a":{}}"""u8.ToArray(), default] },
            right with { Metadata = [Encoding.UTF8.GetBytes($"{{\"a\":\"{new string('x', 41_000)}\"}}"), default] },
            right with { Model = _other },
            right with { Index = "none" },
        ];
        foreach (var request in wrong)
            Assert.StartsWith("refused", await _stores.BothAsync(store => store.UpsertAsync(request, default), Tell), StringComparison.Ordinal);
        VectorQuery[] queries =
        [
            new() { Index = Shared, Namespace = "ns", Vector = new float[3], TopK = 1 },
            new() { Index = Shared, Namespace = "ns", Vector = new float[Dimension], TopK = 0 },
            new() { Index = Shared, Namespace = "ns", Vector = new float[Dimension], TopK = 10_001 },
            new() { Index = Shared, Namespace = "ns", TopK = 1 },
            new() { Index = Shared, Namespace = "ns", Vector = new float[Dimension], TopK = 1, Model = _other },
            new() { Index = "none", Namespace = "ns", Vector = new float[Dimension], TopK = 1 },
        ];
        foreach (var query in queries)
            Assert.StartsWith("refused", await _stores.BothAsync(store => store.QueryAsync(query, default), Tell), StringComparison.Ordinal);
        Assert.Equal("refused: NotFound", await _stores.BothAsync(store => store.FindNamespaceAsync(Shared, "nobody's", default), Tell));
        Assert.Equal("refused: NotFound", await _stores.BothAsync(store => store.DeleteNamespaceAsync(Shared, "nobody's", default), Tell));
        Assert.Equal("refused: NotFound", await _stores.BothAsync(store => store.StatsAsync("none", null, default), Tell));
    }

    [Fact]
    public async Task What_is_split_on_its_way_arrives_whole()
    {
        await _stores.CreateAsync(VectorMetric.DotProduct);
        string[] ids = [.. Enumerable.Range(0, 3_456).Select(i => $"päge {i}/&?#")];
        await _stores.BothAsync(store => store.UpsertAsync(Records(new Random(1), "a namespace/ä", _mini, ids), default), Tell);
        await _stores.BothAsync(store => store.StatsAsync(Shared, null, default), Tell);
        await _stores.BothAsync(store => store.FetchAsync(new FetchRequest { Index = Shared, Namespace = "a namespace/ä", Ids = ids[1_000..2_000] }, default), Tell);
        await _stores.BothAsync(store => store.FindNamespaceAsync(Shared, "a namespace/ä", default), Tell);
        await _stores.BothAsync(store => store.DeleteNamespaceAsync(Shared, "a namespace/ä", default), Tell);
    }

    [Theory]
    [InlineData(VectorMetric.Cosine, 1)]
    [InlineData(VectorMetric.DotProduct, 2)]
    [InlineData(VectorMetric.Euclidean, 3)]
    public async Task Whatever_is_done_in_whatever_order_the_answers_are_alike(VectorMetric metric, int seed)
    {
        await _stores.CreateAsync(metric);
        var random = new Random(seed);
        for (var step = 0; step < 300; step++)
        {
            await DoAsync(random);
            if (step % 25 == 24)
                await CompareAllAsync();
        }
    }

    private async Task DoAsync(Random random)
    {
        var name = random.Next(3) switch { 0 => "", 1 => "ns", _ => "n s/ü" };
        string[] ids = [.. Enumerable.Range(0, 40).Where(_ => random.Next(8) == 0).Select(i => $"id {i}")];
        var model = random.Next(4) switch { 0 => null, 1 when random.Next(4) == 0 => _other, _ => _mini };
        var filter = Filter(random.Next(4) switch
        {
            0 => """{"genre":{"$in":["a","b"]}}""",
            1 => """{"$or":[{"year":{"$gte":2005}},{"tags":"x"}]}""",
            2 => """{"year":{"$exists":false}}""",
            _ => """{"genre":{"$ne":"c"},"seen":true}""",
        });
        switch (random.Next(15))
        {
            case 0 or 1 or 2 or 3 when ids.Length > 0:
                var records = Records(random, name, model, ids);
                await _stores.BothAsync(store => store.UpsertAsync(records, default), Tell);
                break;
            case 4 or 5:
                var query = new VectorQuery
                {
                    Index = Shared,
                    Namespace = name,
                    Vector = Floats(random, Dimension),
                    TopK = random.Next(1, 30),
                    Filter = random.Next(2) == 0 ? filter : null,
                    WithValues = random.Next(2) == 0,
                    WithMetadata = random.Next(2) == 0,
                    Model = random.Next(2) == 0 ? _mini : null,
                };
                await _stores.BothAsync(store => store.QueryAsync(query, default), Tell);
                break;
            case 6:
                var like = new VectorQuery { Index = Shared, Namespace = name, Id = $"id {random.Next(40)}", TopK = 10, WithMetadata = true };
                await _stores.BothAsync(store => store.QueryAsync(like, default), Tell);
                break;
            case 7 when ids.Length > 0:
                await _stores.BothAsync(store => store.FetchAsync(new() { Index = Shared, Namespace = name, Ids = ids }, default), Tell);
                break;
            case 8:
                await _stores.BothAsync(store => store.FetchAsync(new() { Index = Shared, Namespace = name, Filter = filter, Limit = 7 }, default), Tell);
                break;
            case 9:
                // Pinecone does not say whether an id was there.
                ReadOnlyMemory<byte> set = random.Next(2) == 0 ? """{"seen":true,"year":2010}"""u8.ToArray() : default;
                var change = new UpdateRequest { Index = Shared, Namespace = name, Id = $"id {random.Next(40)}", Values = set.IsEmpty || random.Next(2) == 0 ? Floats(random, Dimension) : default, SetMetadata = set };
                await _stores.BothAsync(store => store.UpdateAsync(change, default), _ => "updated");
                break;
            case 10:
                var changes = new UpdateRequest { Index = Shared, Namespace = name, Filter = filter, SetMetadata = """{"seen":true}"""u8.ToArray(), DryRun = random.Next(2) == 0 };
                await _stores.BothAsync(store => store.UpdateAsync(changes, default), receipt => $"{receipt.Matched}");
                break;
            case 11 when ids.Length > 0:
                await _stores.BothAsync(store => store.DeleteAsync(new() { Index = Shared, Namespace = name, Ids = ids }, default), Tell);
                break;
            case 12:
                var all = random.Next(3) == 0;
                await _stores.BothAsync(store => store.DeleteAsync(new() { Index = Shared, Namespace = name, Filter = all ? null : filter, All = all }, default), Tell);
                break;
            case 13:
                var made = random.Next(2) == 0 ? "made" : name;
                await _stores.BothAsync(store => store.CreateNamespaceAsync(Shared, made, default), Tell);
                break;
            case 14 when random.Next(3) == 0:
                var gone = random.Next(2) == 0 ? "made" : name;
                await _stores.BothAsync(store => store.DeleteNamespaceAsync(Shared, gone, default), Tell);
                break;
            default:
                await _stores.BothAsync(store => store.StatsAsync(Shared, filter, default), Tell);
                break;
        }
    }

    private async Task CompareAllAsync()
    {
        await _stores.BothAsync(store => store.StatsAsync(Shared, null, default), Tell);
        await _stores.BothAsync(store => PagesAsync(token => store.ListNamespacesAsync(Shared, null, 2, token, default), page => page.Next, Tell), pages => pages);
        foreach (var name in new[] { "", "ns", "n s/ü", "made" })
        {
            await _stores.BothAsync(store => store.FindNamespaceAsync(Shared, name, default), Tell);
            await _stores.BothAsync(store => PagesAsync(token => store.ListAsync(new() { Index = Shared, Namespace = name, Prefix = "id 1", Limit = 3, Token = token }, default), page => page.Next, Tell), pages => pages);
            await _stores.BothAsync(
                store => PagesAsync(token => store.FetchAsync(new() { Index = Shared, Namespace = name, Filter = Filter("{}"), Limit = 9, Token = token }, default), page => page.Next, Tell), pages => pages);
        }
    }

    private static async ValueTask<Outcome<string>> PagesAsync<T>(Func<string?, ValueTask<Outcome<T>>> ask, Func<T, string?> next, Func<T, string> tell)
        where T : class
    {
        var told = new StringBuilder();
        for (string? token = null; ;)
        {
            if (!(await ask(token)).TryGet(out var page, out var error))
                return error;
            told.AppendLine(tell(page));
            if ((token = next(page)) is null)
                return told.ToString();
        }
    }

    private static UpsertRequest Records(Random random, string name, EmbeddingModel? model, string[] ids) => new()
    {
        Index = Shared,
        Namespace = name,
        Ids = ids,
        Dimension = Dimension,
        Values = Floats(random, ids.Length * Dimension),
        Metadata = [.. ids.Select(_ => random.Next(4) == 0 ? default : (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(
            $$"""{"genre":"{{(char)('a' + random.Next(4))}}","year":{{2000 + random.Next(10)}},"tags":["x{{random.Next(2)}}","x"],"seen":{{(random.Next(2) == 0 ? "true" : "false")}}}"""))],
        Model = model,
    };

    private static float[] Floats(Random random, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = (random.NextSingle() * 2) - 1;
        return values;
    }
}
