using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Tests.Pinecone;

/// <summary>Remembers what it was asked last and answers as it was told, or refuses everything: for what a real store cannot be made to say.</summary>
internal sealed class RecordingStore(InferenceError? refusal = null) : IVectorStore
{
    private static readonly IndexInfo _index = new(new IndexSpec { Name = "default", Dimension = 3 });

    /// <summary>The request, filter, or list of arguments of the last call.</summary>
    public object? Asked { get; private set; }

    public VectorMatches Matches { get; init; } = new([]);

    public RecordPage Records { get; init; } = new([]);

    public IdPage Ids { get; init; } = new([], null);

    public IndexStats Stats { get; init; } = new(_index.Spec, []);

    public UpsertReceipt? Receipt { get; init; }

    public string DefaultIndex => "default";

    public ValueTask<Outcome<IReadOnlyList<IndexInfo>>> ListIndexesAsync(CancellationToken cancellation) => Answer<IReadOnlyList<IndexInfo>>("indexes", [_index]);

    public ValueTask<Outcome<IndexInfo>> FindIndexAsync(string index, CancellationToken cancellation) => Answer(index, _index);

    public ValueTask<Outcome<IndexInfo>> CreateIndexAsync(IndexSpec spec, CancellationToken cancellation) => Answer(spec, new IndexInfo(spec));

    public ValueTask<Outcome<IndexInfo>> ConfigureIndexAsync(string index, IndexChange change, CancellationToken cancellation) => Answer(change, _index);

    public ValueTask<Outcome<Done>> DeleteIndexAsync(string index, CancellationToken cancellation) => Answer(index, Done.It);

    // The request's memory is the caller's again once this has answered.
    public ValueTask<Outcome<UpsertReceipt>> UpsertAsync(UpsertRequest request, CancellationToken cancellation) => Answer(
        request with { Values = request.Values.ToArray(), Metadata = [.. request.Metadata.Select(metadata => (ReadOnlyMemory<byte>)metadata.ToArray())] },
        Receipt ?? new UpsertReceipt(request.Ids.Count));

    public ValueTask<Outcome<VectorMatches>> QueryAsync(VectorQuery query, CancellationToken cancellation) => Answer(query with { Vector = query.Vector.ToArray() }, Matches);

    public ValueTask<Outcome<RecordPage>> FetchAsync(FetchRequest request, CancellationToken cancellation) => Answer(request, Records);

    public ValueTask<Outcome<UpdateReceipt>> UpdateAsync(UpdateRequest request, CancellationToken cancellation) =>
        Answer(request with { Values = request.Values.ToArray(), SetMetadata = request.SetMetadata.ToArray() }, new UpdateReceipt(7));

    public ValueTask<Outcome<Done>> DeleteAsync(DeleteRequest request, CancellationToken cancellation) => Answer(request, Done.It);

    public ValueTask<Outcome<IdPage>> ListAsync(ListRequest request, CancellationToken cancellation) => Answer(request, Ids);

    public ValueTask<Outcome<IndexStats>> StatsAsync(string index, VectorFilter? filter, CancellationToken cancellation) => Answer((index, filter), Stats);

    public ValueTask<Outcome<NamespacePage>> ListNamespacesAsync(string index, string? prefix, int limit, string? token, CancellationToken cancellation) =>
        Answer((index, prefix, limit, token), new NamespacePage([new("", 2, 3, null), new("n", 1, 3, null)], "more", 5));

    public ValueTask<Outcome<NamespaceInfo>> FindNamespaceAsync(string index, string name, CancellationToken cancellation) => Answer((index, name), new NamespaceInfo(name, 4, 3, null));

    public ValueTask<Outcome<NamespaceInfo>> CreateNamespaceAsync(string index, string name, CancellationToken cancellation) => Answer((index, name), new NamespaceInfo(name, 0, 3, null));

    public ValueTask<Outcome<Done>> DeleteNamespaceAsync(string index, string name, CancellationToken cancellation) => Answer((index, name), Done.It);

    public ValueTask DisposeAsync() => default;

    private ValueTask<Outcome<T>> Answer<T>(object asked, T answer)
        where T : class
    {
        Asked = asked;
        return ValueTask.FromResult(refusal is null ? answer : (Outcome<T>)refusal);
    }
}
