using System.Runtime.InteropServices;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces.Vectors;

/// <summary>
/// The cluster's stores as one. The records of a namespace are spread by id over its shards, and each shard is one store's, behind its owner
/// grain. While the silo of a shard is away, what concerns it is refused as <see cref="InferenceErrorKind.Unavailable"/>, naming the shard; it serves
/// again when the silo is back with its folder. A write over several shards is all or nothing for each of them, not over all: after
/// a refusal the caller makes it again, which is safe.
/// </summary>
/// <param name="grains">The way to the cluster, of a silo or of a client.</param>
/// <param name="options">The name of the default index.</param>
/// <param name="time">The clock of limits.</param>
/// <param name="obstacle">Why nobody need be asked at all, the whole cluster being lost; null while it is there. Null for a silo, which is there itself.</param>
public sealed partial class ClusterVectorStore(IGrainFactory grains, VectorOptions options, TimeProvider time, Func<InferenceError?>? obstacle = null) : IVectorStore
{
    private readonly ShardCaller _caller = new(grains, time, obstacle);
    private readonly Namespaces _namespaces = new(new ShardCaller(grains, time, obstacle));

    /// <inheritdoc/>
    public string DefaultIndex => options.Index;

    /// <inheritdoc/>
    public async ValueTask<Outcome<UpsertReceipt>> UpsertAsync(UpsertRequest request, CancellationToken cancellation)
    {
        // The whole request, so that a refusal tells the record's place in it.
        if (RecordCheck.Check(request) is { } wrong)
            return wrong;
        // Made again by another way it is still this one.
        request = request with { Operation = request.Operation ?? Guid.NewGuid() };
        var claim = new NamespaceClaim(request.Index, request.Namespace, request.Dimension, request.Model);
        return await _namespaces.WithAsync(claim, async place =>
        {
            var places = Sharding.Split(request.Ids, place.Stores.Length);
            var written = await OnAsync(
                place, shard => places[shard].Count > 0, (shard, owner, token) => owner.UpsertAsync(Sharding.Take(request, places[shard]), token), cancellation);
            return written.TryGet(out _, out var error) ? new UpsertReceipt(request.Ids.Count) : (Outcome<UpsertReceipt>)error;
        }, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<VectorMatches>> QueryAsync(VectorQuery query, CancellationToken cancellation) => RecordCheck.Check(query) is { } wrong
        ? new(wrong)
        : _namespaces.WithAsync(query.Index, query.Namespace, place => QueryAsync(place, query, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<RecordPage>> FetchAsync(FetchRequest request, CancellationToken cancellation) => _namespaces.WithAsync(
        request.Index, request.Namespace, new RecordPage([]),
        place => request.Ids is { } ids ? FetchAsync(place, ids, cancellation) : FindAsync(place, request, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<UpdateReceipt>> UpdateAsync(UpdateRequest request, CancellationToken cancellation) => RecordCheck.Check(request) is { } wrong
        ? new(wrong)
        : _namespaces.WithAsync(request.Index, request.Namespace, new UpdateReceipt(0), async place =>
        {
            var call = new UpdateCall
            {
                Id = request.Id,
                Filter = request.Filter?.Json ?? default,
                Values = MemoryMarshal.AsBytes(request.Values.Span).ToArray(),
                SetMetadata = request.SetMetadata,
                DryRun = request.DryRun,
                Operation = request.DryRun ? null : Guid.NewGuid(),
            };
            var only = request.Id is { } id ? Sharding.ShardOf(id, place.Stores.Length) : -1;
            if (!(await OnAsync(place, shard => only < 0 || shard == only, (_, owner, token) => owner.UpdateAsync(call, token), cancellation)).TryGet(out var parts, out var error))
                return error;
            var matched = 0L;
            foreach (var part in parts)
                matched += part?.It ?? 0;
            return new UpdateReceipt(matched);
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Done>> DeleteAsync(DeleteRequest request, CancellationToken cancellation) => _namespaces.WithAsync(
        request.Index, request.Namespace, Done.It, async place =>
        {
            var places = request.Ids is { } ids ? Sharding.Split(ids, place.Stores.Length) : null;
            var operation = Guid.NewGuid();
            var removed = await OnAsync(
                place, shard => places is null || places[shard].Count > 0,
                (shard, owner, token) => owner.DeleteAsync(
                    new DeleteCall { Ids = places is null ? null : Sharding.Take(request.Ids!, places[shard]), Filter = request.Filter?.Json ?? default, All = request.All, Operation = operation }, token),
                cancellation);
            return removed.TryGet(out _, out var error) ? Done.It : error;
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<IdPage>> ListAsync(ListRequest request, CancellationToken cancellation)
    {
        if (PageToken.Read(request.Token, out string? after) is { } wrong)
            return new(wrong);
        return _namespaces.WithAsync(request.Index, request.Namespace, new IdPage([], null), async place =>
        {
            var call = new ListCall { Prefix = request.Prefix, Limit = request.Limit, After = after };
            if (!(await OnAllAsync(place, (_, owner, token) => owner.ListAsync(call, token), cancellation)).TryGet(out var parts, out var error))
                return error;
            var first = Merging.First(parts, request.Limit);
            return new IdPage(first.Ids, first.More ? PageToken.Of(first.Ids[^1]) : null);
        }, cancellation);
    }

    /// <summary>The stores are the silos'.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<Outcome<VectorMatches>> QueryAsync(NamespacePlace place, VectorQuery query, CancellationToken cancellation)
    {
        if (RecordCheck.CheckModel(place.Name, query.Model, place.Model) is { } otherModel)
            return otherModel;
        var vector = query.Vector;
        if (query.Id is null && place.Dimension is { } dimension && RecordCheck.CheckDimension(vector.Length, dimension) is { } otherDimension)
            return otherDimension;
        if (!place.Exists)
            return new VectorMatches([]);
        if (query.Id is { } id)
        {
            var found = await _caller.AskAsync(place, Sharding.ShardOf(id, place.Stores.Length), (owner, token) => owner.FetchAsync([id], token), cancellation);
            if (!found.TryGet(out var rows, out var missing))
                return missing;
            if (rows.Ids.Length == 0)
                return new VectorMatches([]);
            vector = rows.Vector(0);
        }

        var call = new QueryCall
        {
            Vector = MemoryMarshal.AsBytes(vector.Span).ToArray(),
            TopK = query.TopK,
            Filter = query.Filter?.Json ?? default,
            WithValues = query.WithValues,
            WithMetadata = query.WithMetadata,
        };
        var parts = await OnAllAsync(place, (_, owner, token) => owner.QueryAsync(call, token), cancellation);
        return parts.TryGet(out var all, out var error) ? Merging.Best(all, query.TopK, place.Index.Metric) : error;
    }

    private async ValueTask<Outcome<RecordPage>> FetchAsync(NamespacePlace place, IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        var places = Sharding.Split(ids, place.Stores.Length);
        if (!(await OnAsync(place, shard => places[shard].Count > 0, (shard, owner, token) => owner.FetchAsync(Sharding.Take(ids, places[shard]), token), cancellation)).TryGet(out var parts, out var error))
            return error;
        var found = new Dictionary<string, VectorRecord>(ids.Count, StringComparer.Ordinal);
        foreach (var part in parts)
        {
            for (var row = 0; row < (part?.Ids.Length ?? 0); row++)
                found[part!.Ids[row]] = part.Record(row);
        }

        // In the order that they were asked for.
        var records = new List<VectorRecord>(found.Count);
        foreach (var id in ids)
        {
            if (found.TryGetValue(id, out var record))
                records.Add(record);
        }

        return new RecordPage(records);
    }

    /// <summary>One shard after another: a page may take the end of one and the beginning of the next, and its token says which and where in it.</summary>
    private async ValueTask<Outcome<RecordPage>> FindAsync(NamespacePlace place, FetchRequest request, CancellationToken cancellation)
    {
        if (ShardToken.Read(request.Token, place.Stores.Length, out var shard, out var inner) is { } wrong)
            return wrong;
        var records = new List<VectorRecord>();
        while (true)
        {
            var call = new FindCall { Filter = request.Filter?.Json ?? default, Limit = request.Limit - records.Count, Token = inner };
            if (!(await _caller.AskAsync(place, shard, (owner, token) => owner.FindAsync(call, token), cancellation)).TryGet(out var rows, out var error))
                return error;
            for (var row = 0; row < rows.Ids.Length; row++)
                records.Add(rows.Record(row));
            inner = rows.Next;
            if (inner is null && ++shard == place.Stores.Length)
                return new RecordPage(records);
            if (records.Count >= request.Limit)
                return new RecordPage(records, ShardToken.Of(shard, inner));
        }
    }

    private ValueTask<Outcome<T[]>> OnAllAsync<T>(NamespacePlace place, Func<int, IVectorOwnerGrain, CancellationToken, ValueTask<Answer<T>>> call, CancellationToken cancellation)
        where T : class => OnAsync(place, static _ => true, call, cancellation)!;

    /// <summary>Asks the owners of some shards at once.</summary>
    /// <returns>What each said, null of those that were not asked; or the first refusal.</returns>
    private async ValueTask<Outcome<T?[]>> OnAsync<T>(
        NamespacePlace place, Func<int, bool> chosen, Func<int, IVectorOwnerGrain, CancellationToken, ValueTask<Answer<T>>> call, CancellationToken cancellation)
        where T : class
    {
        var running = new Task<Outcome<T>>?[place.Stores.Length];
        for (var i = 0; i < running.Length; i++)
        {
            var shard = i;
            if (chosen(shard))
                running[shard] = _caller.AskAsync(place, shard, (owner, token) => call(shard, owner, token), cancellation).AsTask();
        }

        var parts = new T?[running.Length];
        InferenceError? error = null;
        for (var i = 0; i < running.Length; i++)
        {
            if (running[i] is { } asked && !(await asked).TryGet(out parts[i], out var failed))
                error ??= failed;
        }

        return error is null ? parts : error;
    }
}
