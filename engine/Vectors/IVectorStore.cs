namespace Orrery.Engine.Vectors;

/// <summary>
/// Where vectors are kept and found again. The embedded store keeps them on this machine, Pinecone's in its service, a cluster's with owner grains.
/// An upsert that is answered is durable. Expected refusals come back as <see cref="InferenceError"/>:
/// <see cref="InferenceErrorKind.NotFound"/> for an index that does not exist, <see cref="InferenceErrorKind.Conflict"/> for what contradicts
/// what is there, <see cref="InferenceErrorKind.Unavailable"/> when the store cannot take or tell anything now.
/// A namespace that nobody has written to is empty, not missing. The default namespace is the empty string.
/// </summary>
public interface IVectorStore : IAsyncDisposable
{
    /// <summary>The index that requests mean which name none. The embedded store has it from the start, and makes its file when it is first written to.</summary>
    string DefaultIndex { get; }

    /// <summary>Every index, by name.</summary>
    ValueTask<Outcome<IReadOnlyList<IndexInfo>>> ListIndexesAsync(CancellationToken cancellation);

    /// <summary>One index.</summary>
    ValueTask<Outcome<IndexInfo>> FindIndexAsync(string index, CancellationToken cancellation);

    /// <summary>Makes an index. One of that name is a <see cref="InferenceErrorKind.Conflict"/>.</summary>
    ValueTask<Outcome<IndexInfo>> CreateIndexAsync(IndexSpec spec, CancellationToken cancellation);

    /// <summary>Changes what of an index can be changed.</summary>
    ValueTask<Outcome<IndexInfo>> ConfigureIndexAsync(string index, IndexChange change, CancellationToken cancellation);

    /// <summary>Removes an index with all that is in it. A protected one is a <see cref="InferenceErrorKind.Conflict"/>.</summary>
    ValueTask<Outcome<Done>> DeleteIndexAsync(string index, CancellationToken cancellation);

    /// <summary>Writes records whole: those whose ids are there already are replaced. All or nothing, and durable when answered.</summary>
    ValueTask<Outcome<UpsertReceipt>> UpsertAsync(UpsertRequest request, CancellationToken cancellation);

    /// <summary>The records nearest to a vector, best first.</summary>
    ValueTask<Outcome<VectorMatches>> QueryAsync(VectorQuery query, CancellationToken cancellation);

    /// <summary>Records by id, or by filter a page at a time. Ids that are not there are left out.</summary>
    ValueTask<Outcome<RecordPage>> FetchAsync(FetchRequest request, CancellationToken cancellation);

    /// <summary>Changes the values or merges the metadata of one record, or merges the metadata of all that a filter matches.</summary>
    ValueTask<Outcome<UpdateReceipt>> UpdateAsync(UpdateRequest request, CancellationToken cancellation);

    /// <summary>Removes records. Ids that are not there are no error.</summary>
    ValueTask<Outcome<Done>> DeleteAsync(DeleteRequest request, CancellationToken cancellation);

    /// <summary>Ids in bytewise order, a page at a time.</summary>
    ValueTask<Outcome<IdPage>> ListAsync(ListRequest request, CancellationToken cancellation);

    /// <summary>Counts records.</summary>
    /// <param name="index">The index.</param>
    /// <param name="filter">Counts only what matches; null for all.</param>
    /// <param name="cancellation">Gives up.</param>
    ValueTask<Outcome<IndexStats>> StatsAsync(string index, VectorFilter? filter, CancellationToken cancellation);

    /// <summary>Namespaces by name, a page at a time.</summary>
    /// <param name="index">The index.</param>
    /// <param name="prefix">Only names that start with it; null for all.</param>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="token">Where the page before ended; null for the first.</param>
    /// <param name="cancellation">Gives up.</param>
    ValueTask<Outcome<NamespacePage>> ListNamespacesAsync(string index, string? prefix, int limit, string? token, CancellationToken cancellation);

    /// <summary>One namespace; <see cref="InferenceErrorKind.NotFound"/> when nobody has written to it or made it.</summary>
    ValueTask<Outcome<NamespaceInfo>> FindNamespaceAsync(string index, string name, CancellationToken cancellation);

    /// <summary>Makes a namespace that is empty yet. One of that name is a <see cref="InferenceErrorKind.Conflict"/>.</summary>
    ValueTask<Outcome<NamespaceInfo>> CreateNamespaceAsync(string index, string name, CancellationToken cancellation);

    /// <summary>Removes a namespace with all that is in it, and what it remembers of its model and dimension.</summary>
    ValueTask<Outcome<Done>> DeleteNamespaceAsync(string index, string name, CancellationToken cancellation);
}

/// <summary>Success with nothing to tell.</summary>
public sealed class Done
{
    private Done()
    {
    }

    /// <summary>The only one.</summary>
    public static Done It { get; } = new();
}
