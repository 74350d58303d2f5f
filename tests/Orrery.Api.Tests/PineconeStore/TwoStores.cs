using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Api.Tests.Pinecone;
using Orrery.Api.Tests.Support;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;
using Orrery.Engine.Vectors.Pinecone;

namespace Orrery.Api.Tests.Stores;

/// <summary>
/// The embedded store asked directly, and <see cref="PineconeStore"/> before our own server over a socket with another embedded store behind it.
/// Whatever is asked is asked of both, and must be answered alike.
/// </summary>
internal sealed class TwoStores : IAsyncDisposable
{
    public const string Shared = "both";
    public const int Dimension = 5;
    private const string Key = "a-key-that-is-long-enough-to-be-one";

    private readonly SocketsHttpHandler _handler = new();
    private readonly EmbeddedStore _direct;
    private readonly EmbeddedStore _behind;
    private readonly ApiServer _server;
    private readonly PineconeStore _pinecone;

    private TwoStores(EmbeddedStore direct, EmbeddedStore behind, ApiServer server)
    {
        (_direct, _behind, _server) = (direct, behind, server);
        var options = new PineconeOptions { ApiKey = Key, ControlHost = server.Address.ToString(), Patience = TimeSpan.FromMinutes(1), MaxRetries = 0, Timeout = TimeSpan.FromMinutes(1) };
        _pinecone = PineconeStore.Open(new VectorOptions { Directory = Folder(), Index = Shared }, options, _handler, NullLoggerFactory.Instance, TimeProvider.System).Value!;
    }

    public IVectorStore Direct => _direct;

    public IVectorStore Pinecone => _pinecone;

    public static async Task<TwoStores> StartAsync(IInferenceBackend backend)
    {
        var behind = await OpenAsync();
        return new TwoStores(await OpenAsync(), behind, await PineconeServer.StartAsync(backend, behind, Key));

        static async Task<EmbeddedStore> OpenAsync() =>
            (await EmbeddedStore.OpenAsync(new VectorOptions { Directory = Folder(), Index = "default" }, NullLoggerFactory.Instance, TimeProvider.System, default)).Value!;
    }

    /// <summary>Asks both.</summary>
    /// <param name="ask">Asks one.</param>
    /// <param name="tell">What of the answer must be alike, as text.</param>
    /// <returns>What both told: of a refusal its kind.</returns>
    public async Task<string> BothAsync<T>(Func<IVectorStore, ValueTask<Outcome<T>>> ask, Func<T, string> tell)
        where T : class
    {
        var direct = Told(await ask(_direct), tell);
        Assert.Equal(direct, Told(await ask(_pinecone), tell));
        return direct;
    }

    /// <summary>Makes the index in both.</summary>
    public Task<string> CreateAsync(VectorMetric metric) =>
        BothAsync(store => store.CreateIndexAsync(new IndexSpec { Name = Shared, Dimension = Dimension, Metric = metric }, default), Tell);

    public static string Tell(IndexInfo index) =>
        $"{index.Spec.Name} {index.Spec.Dimension} {index.Spec.Metric} protected={index.Spec.DeletionProtected} ready={index.Ready} {string.Join(',', index.Spec.Tags.OrderBy(tag => tag.Key).Select(tag => $"{tag.Key}={tag.Value}"))}";

    public static string Tell(UpsertReceipt receipt) => $"{receipt.Count} queued={receipt.Queued}";

    public static string Tell(VectorMatches matches) =>
        string.Join('\n', matches.Matches.Select(match => $"{match.Id} {match.Score:R} [{Tell(match.Values)}] {Tell(match.Metadata)}"));

    public static string Tell(RecordPage page) =>
        string.Join('\n', page.Records.Select(record => $"{record.Id} [{Tell(record.Values)}] {Tell(record.Metadata)}")) + (page.Next is null ? "" : " …");

    public static string Tell(IdPage page) => string.Join(' ', page.Ids) + (page.Next is null ? "" : " …");

    public static string Tell(IndexStats stats) => $"{Tell(new IndexInfo(stats.Index))}: {string.Join(", ", stats.Namespaces.Select(Tell))}";

    public static string Tell(NamespaceInfo info) => $"'{info.Name}' {info.Records} {info.Dimension} {info.Model}";

    public static string Tell(NamespacePage page) => $"{string.Join(", ", page.Namespaces.Select(Tell))} of {page.Total}{(page.Next is null ? "" : " …")}";

    public static string Tell(Done done) => "done";

    public async ValueTask DisposeAsync()
    {
        await _pinecone.DisposeAsync();
        await _server.DisposeAsync();
        await _behind.DisposeAsync();
        await _direct.DisposeAsync();
        _handler.Dispose();
    }

    private static string Told<T>(Outcome<T> outcome, Func<T, string> tell)
        where T : class => outcome.TryGet(out var value, out var error) ? tell(value) : $"refused: {error.Kind}";

    private static string Tell(ReadOnlyMemory<float> values) => string.Join(',', values.ToArray());

    // Of metadata the order of fields does not matter.
    private static string Tell(ReadOnlyMemory<byte> metadata) =>
        metadata.IsEmpty ? "" : string.Join(',', JsonDocument.Parse(metadata).RootElement.EnumerateObject().OrderBy(field => field.Name, StringComparer.Ordinal).Select(field => $"{field.Name}:{field.Value.GetRawText()}"));

    private static string Folder() => Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public static VectorFilter Filter(string json) => VectorFilter.Parse(Encoding.UTF8.GetBytes(json)).Value!;
}
