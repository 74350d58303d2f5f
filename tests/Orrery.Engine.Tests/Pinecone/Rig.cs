using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Tests.Support;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Pinecone;

namespace Orrery.Engine.Tests.Pinecone;

/// <summary>A store on a virtual clock before a scripted service.</summary>
internal sealed class Rig : IAsyncDisposable
{
    public static readonly EmbeddingModel Mini = new("mini", "sha256:ab12");
    public static readonly EmbeddingModel Other = new("other", "sha256:cd34");

    public Rig(PineconeOptions? options = null, string? folder = null, Action<ScriptedPinecone>? script = null)
    {
        Folder = folder ?? Repository.Temporary();
        Service = new ScriptedPinecone(Time);
        script?.Invoke(Service);
        var opened = PineconeStore.Open(new VectorOptions { Directory = Folder, Index = "talks" }, (options ?? Options) with { ApiKey = "pc-key" }, Service, NullLoggerFactory.Instance, Time);
        Assert.Null(opened.Error);
        Store = opened.Value!;
    }

    /// <summary>Tries are not cut off by a virtual clock that runs ahead of busy threads.</summary>
    public static PineconeOptions Options { get; } = new() { Timeout = TimeSpan.FromMinutes(5), BreakerTries = 10_000, Patience = TimeSpan.FromMilliseconds(500) };

    public VirtualTime Time { get; } = new();

    public ScriptedPinecone Service { get; }

    public PineconeStore Store { get; }

    public string Folder { get; }

    public static UpsertRequest Request(params string[] ids) => In("ns", null, ids);

    public static UpsertRequest In(string name, EmbeddingModel? model, params string[] ids) => new()
    {
        Index = "talks",
        Namespace = name,
        Ids = ids,
        Dimension = 3,
        Values = Enumerable.Range(0, ids.Length * 3).Select(i => i + 0.5f).ToArray(),
        Model = model,
    };

    public Task<Outcome<UpsertReceipt>> UpsertAsync(params string[] ids) => UpsertAsync(Request(ids));

    public Task<Outcome<UpsertReceipt>> UpsertAsync(UpsertRequest request) => Time.PassAsync(Store.UpsertAsync(request, default));

    public async ValueTask DisposeAsync()
    {
        await Time.PassAsync(CloseAsync());
        Service.Dispose();

        async ValueTask<bool> CloseAsync()
        {
            await Store.DisposeAsync();
            return true;
        }
    }
}
