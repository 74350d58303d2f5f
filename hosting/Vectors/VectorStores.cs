using Microsoft.Extensions.Logging;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;
using Orrery.Engine.Vectors.Pinecone;

namespace Orrery.Hosting.Vectors;

/// <summary>Opens the vector store that the settings name.</summary>
public static class VectorStores
{
    /// <param name="options">Which, and where. Not <see cref="VectorStoreKind.None"/>.</param>
    /// <param name="loggers">Where it reports to.</param>
    /// <param name="time">The clock of what it waits for.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The store, to be disposed by the caller; or why it cannot be opened.</returns>
    public static async ValueTask<Outcome<IVectorStore>> OpenAsync(VectorOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellation) => options.Store switch
    {
        VectorStoreKind.Embedded => (await EmbeddedStore.OpenAsync(options, loggers, time, cancellation)).TryGet(out var store, out var error) ? store : error,
        VectorStoreKind.Pinecone => PineconeStore.Open(options, loggers, time).TryGet(out var store, out var error) ? store : error,
        _ => throw new ArgumentException($"there is no store to open for {options.Store}", nameof(options)),
    };
}
