using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Tests.Support;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;

namespace Orrery.Engine.Tests.Vectors;

/// <summary>A store in a folder of its own, which can be closed and opened again.</summary>
internal sealed class StoreFixture : IAsyncDisposable
{
    public const string IndexName = "default";

    private StoreFixture(VectorOptions options, EmbeddedStore store) => (Options, Store) = (options, store);

    public VectorOptions Options { get; }

    public EmbeddedStore Store { get; private set; }

    public string Folder => Options.Directory;

    public string File => Path.Combine(Folder, IndexName + ".db");

    public static async Task<StoreFixture> MakeAsync(VectorMetric metric = VectorMetric.Cosine, VectorElement element = VectorElement.Float32)
    {
        var options = new VectorOptions { Directory = Path.Combine(Repository.Temporary(), "vectors"), Metric = metric, Element = element };
        return new(options, await OpenAsync(options));
    }

    public static async Task<EmbeddedStore> OpenAsync(VectorOptions options) => Must(await TryOpenAsync(options));

    public static Task<Outcome<EmbeddedStore>> TryOpenAsync(VectorOptions options) =>
        EmbeddedStore.OpenAsync(options, NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);

    public async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        Store = await OpenAsync(Options);
    }

    public async Task UpsertAsync(string id, float[] vector, string metadata = "", string space = "") =>
        Must(await Store.UpsertAsync(Upsert(id, vector, metadata, space), default));

    public static UpsertRequest Upsert(string id, float[] vector, string metadata = "", string space = "") => new()
    {
        Index = IndexName,
        Namespace = space,
        Ids = [id],
        Dimension = vector.Length,
        Values = vector,
        Metadata = [Encoding.UTF8.GetBytes(metadata)],
    };

    public async Task<IReadOnlyList<VectorMatch>> QueryAsync(float[] vector, int top, string? filter = null, string space = "") =>
        Must(await Store.QueryAsync(new() { Index = IndexName, Namespace = space, Vector = vector, TopK = top, Filter = Filter(filter), WithMetadata = true, WithValues = true }, default)).Matches;

    public static VectorFilter? Filter(string? json) => json is null ? null : Must(VectorFilter.Parse(Encoding.UTF8.GetBytes(json)));

    public async Task<IReadOnlyList<VectorRecord>> FetchAsync(string space, params string[] ids) =>
        Must(await Store.FetchAsync(new() { Index = IndexName, Namespace = space, Ids = ids }, default)).Records;

    public static T Must<T>(Outcome<T> outcome)
        where T : class
    {
        Assert.Null(outcome.Error);
        return outcome.Value!;
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
