using System.Globalization;
using System.Text;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Cluster.Tests.Vectors;

/// <summary>Asks two stores the same at random, and compares what they say.</summary>
internal sealed class StoreWalk(int seed, string index)
{
    private const int Dimension = 5;

    private static readonly string[] _namespaces = ["", "a", "b.1.c", "ä\nö"];
    private static readonly string[] _filters = ["""{"n":{"$gte":3}}""", """{"t":"x"}""", """{"tags":{"$in":["p"]}}""", """{"$or":[{"n":1},{"t":{"$ne":"y"}}]}""", """{"t":{"$exists":false}}"""];
    private static readonly EmbeddingModel?[] _models = [null, null, new("one", "d1"), new("two", "d2")];

    private readonly Random _random = new(seed);

    /// <summary>What has been asked, for whoever must understand a difference.</summary>
    public List<string> Steps { get; } = [];

    /// <summary>Asks once.</summary>
    public async Task StepAsync(IVectorStore expected, IVectorStore actual)
    {
        var step = _random.Next(13);
        var space = _namespaces[_random.Next(_namespaces.Length)];
        Steps.Add($"{step} '{space}'");
        switch (step)
        {
            case 0 or 1 or 2:
                var upsert = await UpsertAsync(expected, space);
                await SameAsync(store => store.UpsertAsync(upsert, default), receipt => $"{receipt.Count} {receipt.Queued}");
                break;
            case 3 or 4:
                var byId = _random.Next(3) == 0;
                var query = new VectorQuery
                {
                    Index = index,
                    Namespace = space,
                    Id = byId ? Id() : null,
                    Vector = byId ? default : Vector(_random.Next(20) == 0 ? Dimension + 1 : Dimension),
                    TopK = _random.Next(1, 30),
                    Filter = Filter(),
                    WithValues = _random.Next(2) == 0,
                    WithMetadata = _random.Next(2) == 0,
                    Model = _models[_random.Next(_models.Length)],
                };
                // A namespace that is empty again remembers its dimension in the cluster only.
                if (!byId && query.Vector.Length != Dimension && !await HasRecordsAsync(expected, space))
                    break;
                await SameAsync(store => store.QueryAsync(query, default), found => string.Join(';', found.Matches.Select(match =>
                    $"{match.Id} {match.Score.ToString("f5", CultureInfo.InvariantCulture)} {Text(match.Values)} {Encoding.UTF8.GetString(match.Metadata.Span)}")));
                break;
            case 5:
                string[] ids = [.. Enumerable.Range(0, 12).Select(_ => Id()).Distinct()];
                await SameAsync(store => store.FetchAsync(new FetchRequest { Index = index, Namespace = space, Ids = ids }, default), page => string.Join(';', page.Records.Select(Text)));
                break;
            case 6:
                var (filter, limit) = (Filter() ?? Parse(_filters[0]), _random.Next(1, 40));
                Assert.Equal(await PagesAsync(expected, space, filter, limit), await PagesAsync(actual, space, filter, limit));
                break;
            case 7:
                var update = new UpdateRequest { Index = index, Namespace = space, Id = Id(), Values = _random.Next(2) == 0 ? Vector(Dimension) : default, SetMetadata = Metadata() };
                await SameAsync(store => store.UpdateAsync(update, default), receipt => $"{receipt.Matched}");
                break;
            case 8:
                var all = new UpdateRequest { Index = index, Namespace = space, Filter = Filter() ?? Parse(_filters[1]), SetMetadata = Encoding.UTF8.GetBytes($$"""{"n":{{_random.Next(6)}}}"""), DryRun = _random.Next(3) == 0 };
                await SameAsync(store => store.UpdateAsync(all, default), receipt => $"{receipt.Matched}");
                break;
            case 9:
                var delete = _random.Next(8) switch
                {
                    0 => new DeleteRequest { Index = index, Namespace = space, All = true },
                    1 => new DeleteRequest { Index = index, Namespace = space, Filter = Filter() ?? Parse(_filters[2]) },
                    _ => new DeleteRequest { Index = index, Namespace = space, Ids = [Id(), "nobody"] },
                };
                await SameAsync(store => store.DeleteAsync(delete, default), _ => "done");
                break;
            case 10:
                var (prefix, size) = (_random.Next(3) == 0 ? "i" : "", _random.Next(1, 25));
                Assert.Equal(await IdsAsync(expected, space, prefix, size), await IdsAsync(actual, space, prefix, size));
                break;
            case 11:
                var counted = Filter();
                await SameAsync(store => store.StatsAsync(index, counted, default), stats => string.Join(';', stats.Namespaces.Select(Text)));
                await SameAsync(store => store.ListNamespacesAsync(index, null, 2, null, default), page => $"{string.Join(';', page.Namespaces.Select(Text))} {page.Next} {page.Total}");
                await SameAsync(store => store.FindNamespaceAsync(index, space, default), Text);
                break;
            default:
                if (_random.Next(4) > 0)
                    await SameAsync(store => store.CreateNamespaceAsync(index, space, default), info => info.Name);
                else
                    await SameAsync(store => store.DeleteNamespaceAsync(index, space, default), _ => "done");
                break;
        }

        async Task SameAsync<T>(Func<IVectorStore, ValueTask<Outcome<T>>> ask, Func<T, string> text)
            where T : class
        {
            var (wanted, given) = (await ask(expected), await ask(actual));
            Assert.Equal(Text(wanted), Text(given));

            string Text(Outcome<T> outcome) => outcome.TryGet(out var value, out var error) ? text(value) : $"{error.Kind}: {error.Message} ({error.Field})";
        }
    }

    private async Task<UpsertRequest> UpsertAsync(IVectorStore expected, string space)
    {
        string[] ids = [.. Enumerable.Range(0, _random.Next(1, 40)).Select(_ => Id()).Distinct()];
        var dimension = _random.Next(10) == 0 && await HasRecordsAsync(expected, space) ? Dimension + 1 : Dimension;
        var values = new float[ids.Length * dimension];
        for (var i = 0; i < values.Length; i++)
            values[i] = _random.Next(40) == 0 && _random.Next(100) == 0 ? float.NaN : _random.Next(-3, 4);
        return new UpsertRequest
        {
            Index = index,
            Namespace = space,
            Ids = ids,
            Dimension = dimension,
            Values = values,
            Metadata = _random.Next(4) == 0 ? [] : [.. ids.Select(_ => (ReadOnlyMemory<byte>)Metadata())],
            Model = _models[_random.Next(_models.Length)],
        };
    }

    private async Task<bool> HasRecordsAsync(IVectorStore store, string space) => (await store.FindNamespaceAsync(index, space, default)).Value?.Records > 0;

    private async Task<string> PagesAsync(IVectorStore store, string space, VectorFilter filter, int limit)
    {
        var records = new List<VectorRecord>();
        for (string? token = null; ;)
        {
            var page = await store.FetchAsync(new FetchRequest { Index = index, Namespace = space, Filter = filter, Limit = limit, Token = token }, default);
            Assert.Null(page.Error);
            Assert.InRange(page.Value!.Records.Count, 0, limit);
            records.AddRange(page.Value.Records);
            if ((token = page.Value.Next) is null)
                return string.Join(';', records.Select(Text).Order(StringComparer.Ordinal));
        }
    }

    private async Task<string> IdsAsync(IVectorStore store, string space, string prefix, int limit)
    {
        var ids = new List<string>();
        for (string? token = null; ;)
        {
            var page = await store.ListAsync(new ListRequest { Index = index, Namespace = space, Prefix = prefix, Limit = limit, Token = token }, default);
            Assert.Null(page.Error);
            Assert.InRange(page.Value!.Ids.Count, 0, limit);
            ids.AddRange(page.Value.Ids);
            if ((token = page.Value.Next) is null)
                return string.Join(';', ids);
        }
    }

    // Characters whose order as UTF-8 is not their order as UTF-16 among them.
    private string Id() => _random.Next(12) switch { 0 => "é", 1 => "\uE000", 2 => "😀", 3 => "\uFF5Ex", _ => $"id-{_random.Next(60)}" };

    private float[] Vector(int dimension) => [.. Enumerable.Range(0, dimension).Select(_ => (float)_random.Next(-3, 4))];

    private byte[] Metadata()
    {
        var fields = new List<string>();
        if (_random.Next(3) > 0)
            fields.Add($"\"n\":{_random.Next(6)}");
        if (_random.Next(3) > 0)
            fields.Add(_random.Next(2) == 0 ? "\"t\":\"x\"" : "\"t\":\"y\"");
        if (_random.Next(3) > 0)
            fields.Add("\"tags\":[\"p\",\"q\"]");
        return Encoding.UTF8.GetBytes($"{{{string.Join(',', fields)}}}");
    }

    private VectorFilter? Filter() => _random.Next(2) == 0 ? null : Parse(_filters[_random.Next(_filters.Length)]);

    private static VectorFilter Parse(string json) => VectorFilter.Parse(Encoding.UTF8.GetBytes(json)).Value!;

    private static string Text(ReadOnlyMemory<float> values) => string.Join(',', values.ToArray().Select(value => value.ToString("f4", CultureInfo.InvariantCulture)));

    private static string Text(VectorRecord record) => $"{record.Id} {Text(record.Values)} {Encoding.UTF8.GetString(record.Metadata.Span)}";

    private static string Text(NamespaceInfo info) => $"{info.Name} {info.Records} {(info.Records > 0 ? info.Dimension : null)} {info.Model?.Digest}";
}
