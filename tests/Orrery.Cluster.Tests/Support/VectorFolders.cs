using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Vectors;
using Orrery.Grains.Vectors;

namespace Orrery.Cluster.Tests.Support;

/// <summary>Folders of vectors for the silos of a cluster in this process; a cluster that comes after it finds what is in them.</summary>
public sealed class VectorFolders(VectorOptions? options = null) : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("orrery-vectors-").FullName;
    private readonly List<OwnedStore> _open = [];

    /// <summary>The folder of the folders.</summary>
    public string Root => _root;

    /// <summary>What the cluster is told.</summary>
    public VectorOptions Options { get; } = options ?? new VectorOptions { Shards = 3 };

    /// <summary>Opens so many.</summary>
    public async Task OpenAsync(int count)
    {
        for (var i = _open.Count; i < count; i++)
        {
            var opened = await OwnedStore.OpenAsync(Options with { Directory = Path.Combine(_root, $"silo-{i}") }, NullLoggerFactory.Instance, TimeProvider.System, default);
            Assert.True(opened.TryGet(out var store, out var error), error?.Message);
            _open.Add(store);
        }
    }

    /// <summary>One of those that are open; null beyond them.</summary>
    public OwnedStore? Take(int place) => place < _open.Count ? _open[place] : null;

    /// <summary>Closes all, as the end of their silos does.</summary>
    public async Task CloseAsync()
    {
        foreach (var store in _open)
            await store.DisposeAsync();
        _open.Clear();
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
