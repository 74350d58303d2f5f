using System.Runtime.InteropServices;
using Orleans.Concurrency;
using Orleans.Placement;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Grains.Placement;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Vectors;

/// <summary>A shell over one shard in this silo's store: translates, and answers "gone" where the shard is not.</summary>
[GrainType("vectorowner"), Reentrant, Immovable, NearStore]
public sealed class VectorOwnerGrain(OwnedStore? owned = null) : Grain, IVectorOwnerGrain
{
    private ShardKey _shard;
    private IVectorStore? _store;
    private bool _open;

    private string Index => _shard.Index;

    private string Namespace => _shard.LocalName;

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _shard = ShardKey.Parse(this.GetPrimaryKeyString());
        if (owned?.Id != _shard.Store)
            return;
        _store = owned.Store;
        _open = (await _store.FindNamespaceAsync(Index, Namespace, cancellationToken)).Error is not { Kind: InferenceErrorKind.NotFound };
    }

    /// <inheritdoc/>
    public async Task<Answer<Value<bool>>> OpenAsync(IndexSpec index)
    {
        if (_store is null)
            return Gone<Value<bool>>();
        if (!(await OpenIndexAsync(_store, index)).TryGet(out _, out var error))
            return Refused<Value<bool>>(error);
        if ((await _store.CreateNamespaceAsync(Index, Namespace, default)).Error is { Kind: not InferenceErrorKind.Conflict } refused)
            return Refused<Value<bool>>(refused);
        _open = true;
        return Answer(true);
    }

    /// <inheritdoc/>
    public async Task<Answer<Value<bool>>> CloseAsync()
    {
        if (_store is null)
            return Gone<Value<bool>>();
        // Whoever comes from now on is told that it is gone; what came before is in the store's queue, before its end.
        _open = false;
        if ((await _store.DeleteNamespaceAsync(Index, Namespace, default)).Error is { Kind: not InferenceErrorKind.NotFound } refused)
            return Refused<Value<bool>>(refused);
        // The last one takes the index's file with it, so that another index of that name may be of another kind.
        if ((await _store.ListNamespacesAsync(Index, null, 1, null, default)).Value is { Total: 0 }
            && (await _store.DeleteIndexAsync(Index, default)).Error is { Kind: not InferenceErrorKind.NotFound } kept)
            return Refused<Value<bool>>(kept);
        DeactivateOnIdle();
        return Answer(true);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<Value<int>>> UpsertAsync(UpsertCall request, CancellationToken cancellation)
    {
        if (Opened() is not { } store)
            return Gone<Value<int>>();
        return await OnceAsync(request.Operation, async token =>
        {
            var outcome = await store.UpsertAsync(
                new UpsertRequest
                {
                    Index = Index,
                    Namespace = Namespace,
                    Ids = request.Ids,
                    Dimension = request.Dimension,
                    Values = Floats(request.Values),
                    Metadata = request.Metadata ?? [],
                    Model = request.Model is { } model ? new EmbeddingModel(model, request.Digest!) : null,
                },
                token);
            return outcome.TryGet(out var receipt, out var error) ? Answer(receipt.Count) : Refused<Value<int>>(error);
        }, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<RecordRows>> QueryAsync(QueryCall request, CancellationToken cancellation)
    {
        if (Opened() is not { } store)
            return Gone<RecordRows>();
        if (!Filter(request.Filter, out var filter, out var wrong))
            return Refused<RecordRows>(wrong);
        var outcome = await store.QueryAsync(
            new VectorQuery
            {
                Index = Index,
                Namespace = Namespace,
                Vector = Floats(request.Vector),
                TopK = request.TopK,
                Filter = filter,
                WithValues = request.WithValues,
                WithMetadata = request.WithMetadata,
            },
            cancellation);
        return outcome.TryGet(out var found, out var error) ? new Answer<RecordRows> { Value = RecordRows.Of(found) } : Refused<RecordRows>(error);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<RecordRows>> FetchAsync(string[] ids, CancellationToken cancellation)
    {
        if (Opened() is not { } store)
            return Gone<RecordRows>();
        var outcome = await store.FetchAsync(new FetchRequest { Index = Index, Namespace = Namespace, Ids = ids }, cancellation);
        return outcome.TryGet(out var page, out var error) ? new Answer<RecordRows> { Value = RecordRows.Of(page) } : Refused<RecordRows>(error);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<RecordRows>> FindAsync(FindCall request, CancellationToken cancellation)
    {
        if (Opened() is not { } store)
            return Gone<RecordRows>();
        if (!Filter(request.Filter, out var filter, out var wrong))
            return Refused<RecordRows>(wrong);
        var outcome = await store.FetchAsync(new FetchRequest { Index = Index, Namespace = Namespace, Filter = filter, Limit = request.Limit, Token = request.Token }, cancellation);
        return outcome.TryGet(out var page, out var error) ? new Answer<RecordRows> { Value = RecordRows.Of(page) } : Refused<RecordRows>(error);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<Value<long>>> UpdateAsync(UpdateCall request, CancellationToken cancellation)
    {
        if (Opened() is not { } store)
            return Gone<Value<long>>();
        if (!Filter(request.Filter, out var filter, out var wrong))
            return Refused<Value<long>>(wrong);
        return await OnceAsync(request.Operation, async token =>
        {
            var outcome = await store.UpdateAsync(
                new UpdateRequest
                {
                    Index = Index,
                    Namespace = Namespace,
                    Id = request.Id,
                    Filter = filter,
                    Values = Floats(request.Values),
                    SetMetadata = request.SetMetadata,
                    DryRun = request.DryRun,
                },
                token);
            return outcome.TryGet(out var receipt, out var error) ? Answer(receipt.Matched) : Refused<Value<long>>(error);
        }, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<Value<bool>>> DeleteAsync(DeleteCall request, CancellationToken cancellation)
    {
        if (Opened() is not { } store)
            return Gone<Value<bool>>();
        if (!Filter(request.Filter, out var filter, out var wrong))
            return Refused<Value<bool>>(wrong);
        return await OnceAsync(request.Operation, async token =>
        {
            var outcome = await store.DeleteAsync(new DeleteRequest { Index = Index, Namespace = Namespace, Ids = request.Ids, Filter = filter, All = request.All }, token);
            return outcome.TryGet(out _, out var error) ? Answer(true) : Refused<Value<bool>>(error);
        }, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<IdRows>> ListAsync(ListCall request, CancellationToken cancellation)
    {
        if (Opened() is not { } store)
            return Gone<IdRows>();
        var token = request.After is { } after ? PageToken.Of(after) : null;
        var outcome = await store.ListAsync(new ListRequest { Index = Index, Namespace = Namespace, Prefix = request.Prefix, Limit = request.Limit, Token = token }, cancellation);
        return outcome.TryGet(out var page, out var error) ? new Answer<IdRows> { Value = new IdRows([.. page.Ids], page.Next is not null) } : Refused<IdRows>(error);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<Value<long>>> CountAsync(ReadOnlyMemory<byte> filter, CancellationToken cancellation)
    {
        if (Opened() is not { } store)
            return Gone<Value<long>>();
        if (filter.IsEmpty)
        {
            var info = await store.FindNamespaceAsync(Index, Namespace, cancellation);
            return info.TryGet(out var all, out var failed) ? Answer(all.Records) : Refused<Value<long>>(failed);
        }

        if (!Filter(filter, out var parsed, out var wrong))
            return Refused<Value<long>>(wrong);
        // To count is to change nothing of all that match.
        var outcome = await store.UpdateAsync(new UpdateRequest { Index = Index, Namespace = Namespace, Filter = parsed, DryRun = true }, cancellation);
        return outcome.TryGet(out var receipt, out var error) ? Answer(receipt.Matched) : Refused<Value<long>>(error);
    }

    /// <summary>Makes the index in this store if it is not there; one that was made otherwise is no place for the shard.</summary>
    private async Task<Outcome<IndexInfo>> OpenIndexAsync(IVectorStore store, IndexSpec index)
    {
        var found = await store.FindIndexAsync(Index, default);
        if (found.Error is { Kind: InferenceErrorKind.NotFound })
            found = await store.CreateIndexAsync(new IndexSpec { Name = index.Name, Dimension = index.Dimension, Metric = index.Metric, Element = index.Element }, default);
        // Another shard of it may have come between.
        if (found.Error is { Kind: InferenceErrorKind.Conflict })
            found = await store.FindIndexAsync(Index, default);
        if (found.Value is { Spec: var here } && (here.Dimension, here.Metric, here.Element) != (index.Dimension, index.Metric, index.Element))
            return new InferenceError(InferenceErrorKind.Conflict, $"store {_shard.Store} has another index '{index.Name}': {here.Metric}, {here.Element}, dimension {here.Dimension}", "index");
        return found;
    }

    private Task<Answer<T>> OnceAsync<T>(Guid? operation, Func<CancellationToken, Task<Answer<T>>> write, CancellationToken cancellation)
        where T : class => operation is { } name ? owned!.Writes.OnceAsync((this.GetPrimaryKeyString(), name), write, cancellation) : write(cancellation);

    private IVectorStore? Opened()
    {
        if (_open)
            return _store;
        DeactivateOnIdle();
        return null;
    }

    private static bool Filter(ReadOnlyMemory<byte> json, out VectorFilter? filter, out InferenceError wrong)
    {
        (filter, wrong) = (null, null!);
        return json.IsEmpty || VectorFilter.Parse(json).TryGet(out filter, out wrong!);
    }

    private static float[] Floats(byte[] values) => MemoryMarshal.Cast<byte, float>(values.AsSpan()).ToArray();

    private static Answer<Value<T>> Answer<T>(T value) => new() { Value = new Value<T> { It = value } };

    private static Answer<T> Refused<T>(InferenceError error)
        where T : class => new() { Error = error };

    private static Answer<T> Gone<T>()
        where T : class => new() { Gone = true };
}
