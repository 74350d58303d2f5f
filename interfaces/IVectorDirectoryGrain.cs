using Orleans.Concurrency;
using Orrery.Engine.Vectors;
using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces;

/// <summary>
/// Which indexes and namespaces the cluster's stores hold, and which store has which shard. Durable. One in the cluster; asked once a
/// namespace by whoever writes to it or reads it, and never again while that is true.
/// </summary>
[Alias("orrery.vector-directory-grain")]
public interface IVectorDirectoryGrain : IGrainWithIntegerKey
{
    /// <summary>A silo says that its store is here.</summary>
    /// <returns>Whether the directory does not know the store: it wants to be told all that is in it by <see cref="AdoptAsync"/>.</returns>
    [AlwaysInterleave, Alias("Announce")]
    Task<bool> AnnounceAsync(StoreReport report);

    /// <summary>Takes up what a store holds that the directory has no memory of: its own state was lost, or the folder comes from elsewhere.</summary>
    [AlwaysInterleave, Alias("Adopt")]
    Task AdoptAsync(string store, HeldShard[] held);

    /// <summary>The silo of a store; null while it is away.</summary>
    [AlwaysInterleave, Alias("Where")]
    Task<SiloAddress?> WhereAsync(string store);

    /// <summary>Every index, by name.</summary>
    [Alias("ListIndexes")]
    Task<IndexSpec[]> ListIndexesAsync();

    /// <summary>Makes an index.</summary>
    [Alias("CreateIndex")]
    Task<Answer<IndexSpec>> CreateIndexAsync(IndexSpec spec);

    /// <summary>Changes what of an index can be changed.</summary>
    [Alias("ConfigureIndex")]
    Task<Answer<IndexSpec>> ConfigureIndexAsync(string index, IndexChange change);

    /// <summary>Removes an index with all namespaces; refused while a silo is away that has a part of it.</summary>
    [Alias("DeleteIndex")]
    Task<Answer<IndexSpec>> DeleteIndexAsync(string index);

    /// <summary>Where a namespace is; one without stores when nobody has written to it.</summary>
    [Alias("Find")]
    Task<Answer<NamespacePlace>> FindAsync(string index, string name);

    /// <summary>Namespaces of an index whose names start with something, by name.</summary>
    /// <param name="index">The index.</param>
    /// <param name="prefix">The beginning; empty for all.</param>
    /// <param name="after">The last of the page before; null for the first page.</param>
    /// <param name="limit">How many at most.</param>
    [Alias("List")]
    Task<Answer<NamespacePlaces>> ListAsync(string index, string prefix, string? after, int limit);

    /// <summary>
    /// Says what is going to be written to a namespace, before it is: the first to say so decides for all. Makes the namespace where it is not
    /// there. Vectors of another dimension or model are refused.
    /// </summary>
    /// <param name="claim">What is going to be written.</param>
    /// <param name="anew">Whether the namespace must not be there yet.</param>
    [Alias("Claim")]
    Task<Answer<NamespacePlace>> ClaimAsync(NamespaceClaim claim, bool anew);

    /// <summary>Removes a namespace with all that is in it; refused while a silo is away that has a part of it.</summary>
    /// <returns>The namespace that was removed.</returns>
    [Alias("Delete")]
    Task<Answer<NamespacePlace>> DeleteAsync(string index, string name);
}
