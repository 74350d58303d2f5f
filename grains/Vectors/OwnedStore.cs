using System.Globalization;
using Microsoft.Extensions.Logging;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Vectors;

/// <summary>
/// The store on a silo's disk. It holds shards only, each as a namespace of its own. An id in its folder tells it from the others,
/// wherever the silo is that has the folder.
/// </summary>
public sealed class OwnedStore : IAsyncDisposable
{
    /// <summary>
    /// A store's own default index, which is never written to: those of the cluster are made as the directory says. No index of the cluster may
    /// have this name.
    /// </summary>
    public const string ReservedIndex = "of-the-store-itself";

    private const string IdFile = "store-id";

    private OwnedStore(string id, IVectorStore store, TimeProvider time) => (Id, Store, Writes) = (id, store, new RecentWrites(time));

    /// <summary>What the store is called in the cluster.</summary>
    public string Id { get; }

    /// <summary>The store.</summary>
    public IVectorStore Store { get; }

    /// <summary>What was written of late.</summary>
    internal RecentWrites Writes { get; }

    /// <summary>Opens the store of a folder; a new one in an empty folder.</summary>
    /// <param name="options">Valid ones; only the folder counts.</param>
    /// <param name="loggers">Where to report to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The store; or why the folder cannot be one: another process has it, it cannot be written.</returns>
    public static async Task<Outcome<OwnedStore>> OpenAsync(VectorOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            // A folder that is there is taken at once; nobody else may have it.
            Directory.CreateDirectory(options.Directory);
            var opened = await EmbeddedStore.OpenAsync(options with { Index = ReservedIndex }, loggers, time, cancellation);
            return opened.TryGet(out var store, out var error) ? new OwnedStore(ReadId(options.Directory), store, time) : error;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return new InferenceError(InferenceErrorKind.Unavailable, $"the folder of vectors '{options.Directory}' cannot be used: {e.Message}");
        }
    }

    /// <summary>Every shard that is there. A damaged index is left out: its shards are known to the directory, or lost.</summary>
    public async Task<HeldShard[]> HeldAsync(CancellationToken cancellation)
    {
        var held = new List<HeldShard>();
        foreach (var index in (await Store.ListIndexesAsync(cancellation)).Value ?? [])
        {
            if (index.Spec.Name == ReservedIndex)
                continue;
            foreach (var space in (await Store.StatsAsync(index.Spec.Name, null, cancellation)).Value?.Namespaces ?? [])
            {
                if (ShardKey.TryRead(Id, index.Spec.Name, space.Name, out _))
                    held.Add(new HeldShard(index.Spec, space.Name, space.Dimension, space.Model));
            }
        }

        return [.. held];
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Store.DisposeAsync();

    private static string ReadId(string directory)
    {
        var path = Path.Combine(directory, IdFile);
        if (!File.Exists(path))
        {
            // Moved into place whole: half an id would be another one.
            var temporary = path + ".new";
            File.WriteAllText(temporary, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture));
            File.Move(temporary, path, overwrite: false);
        }

        return Guid.ParseExact(File.ReadAllText(path).Trim(), "N").ToString("N", CultureInfo.InvariantCulture);
    }
}
