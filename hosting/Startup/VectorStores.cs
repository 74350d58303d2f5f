using Microsoft.Extensions.Logging;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;

namespace Orrery.Hosting.Startup;

/// <summary>Which store a process has of its own, by its settings.</summary>
public static class VectorStores
{
    /// <summary>Opens it.</summary>
    /// <param name="options">Valid ones, that name a store.</param>
    /// <param name="loggers">Where to report to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The store, the caller's to close; or why it cannot be opened.</returns>
    public static async Task<Outcome<IVectorStore>> OpenAsync(VectorOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellation) => options.Store switch
    {
        VectorStoreKind.Embedded => (await EmbeddedStore.OpenAsync(options, loggers, time, cancellation)).TryGet(out var store, out var error) ? store : error,
        _ => new InferenceError(InferenceErrorKind.Invalid, $"Vectors:Store {options.Store.ToString().ToLowerInvariant()} cannot be opened by this program"),
    };
}
