using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Api.Tests.Support;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;

namespace Orrery.Api.Tests.Pinecone;

/// <summary>An embedded store in a folder of its own, which goes with it.</summary>
internal sealed class EmbeddedFolder : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;

    private EmbeddedFolder(EmbeddedStore store, TemporaryFolder folder)
    {
        Store = store;
        _folder = folder;
    }

    public EmbeddedStore Store { get; }

    public static async Task<EmbeddedFolder> OpenAsync()
    {
        var folder = new TemporaryFolder();
        var opened = await EmbeddedStore.OpenAsync(new VectorOptions { Directory = folder.Path }, NullLoggerFactory.Instance, TimeProvider.System, default);
        Assert.True(opened.TryGet(out var store, out var refused), refused?.Message);
        return new EmbeddedFolder(store, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _folder.Dispose();
    }
}
