using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;

namespace Orrery.Api.Tests.Pinecone;

/// <summary>An embedded store in a folder of its own, which goes with it.</summary>
internal sealed class EmbeddedFolder : IAsyncDisposable
{
    private readonly string _folder;

    private EmbeddedFolder(EmbeddedStore store, string folder)
    {
        Store = store;
        _folder = folder;
    }

    public EmbeddedStore Store { get; }

    public static async Task<EmbeddedFolder> OpenAsync()
    {
        var folder = Directory.CreateTempSubdirectory("orrery-pinecone-").FullName;
        var opened = await EmbeddedStore.OpenAsync(new VectorOptions { Directory = folder }, NullLoggerFactory.Instance, TimeProvider.System, default);
        Assert.True(opened.TryGet(out var store, out var refused), refused?.Message);
        return new EmbeddedFolder(store, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
