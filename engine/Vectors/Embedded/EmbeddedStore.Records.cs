namespace Orrery.Engine.Vectors.Embedded;

// What is done with records and namespaces: requests are checked here, and go to a thread of the index's or of the store's.
public sealed partial class EmbeddedStore
{
    /// <inheritdoc/>
    public async ValueTask<Outcome<UpsertReceipt>> UpsertAsync(UpsertRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var start = _time.GetTimestamp();
        if (!Find(request.Index).TryGet(out var index, out var error))
            return error;
        if (RecordCheck.Check(request) is { } wrong)
            return wrong;
        var outcome = await index.WriteAsync(batch => batch.Upsert(request), request.Ids.Count, alone: false, cancellation);
        if (outcome.Error is null)
        {
            var tag = VectorMetrics.Tag(index.Name);
            _metrics.Upserted.Add(request.Ids.Count, tag);
            _metrics.UpsertDuration.Record(_time.GetElapsedTime(start).TotalSeconds, tag);
        }

        return outcome;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<VectorMatches>> QueryAsync(VectorQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (!Find(query.Index).TryGet(out var index, out var error))
            return error;
        if (RecordCheck.Check(query) is { } wrong)
            return wrong;
        index.State.Namespaces.TryGetValue(query.Namespace, out var space);
        if (index.Reads.Check(query, space) is { } unfit)
            return unfit;
        if (space is null || space.Records == 0)
            return new VectorMatches([]);
        return await index.ReadAsync<VectorMatches>((reader, pool) => index.Reads.Query(query, space, reader, pool, cancellation), cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<RecordPage>> FetchAsync(FetchRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!Find(request.Index).TryGet(out var index, out var error))
            return error;
        if (PageToken.Read(request.Token, out int first) is { } wrong)
            return wrong;
        if (!index.State.Namespaces.TryGetValue(request.Namespace, out var space))
            return new RecordPage([]);
        return await index.ReadAsync<RecordPage>(
            (reader, _) => request.Ids is { } ids
                ? IndexReads.Fetch(ids, space, reader)
                : IndexReads.Fetch(request.Filter ?? throw new ArgumentException("neither ids nor a filter", nameof(request)), first, request.Limit, space, reader, cancellation),
            cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<UpdateReceipt>> UpdateAsync(UpdateRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!Find(request.Index).TryGet(out var index, out var error))
            return error;
        if (RecordCheck.Check(request) is { } wrong)
            return wrong;
        if (!index.State.Namespaces.TryGetValue(request.Namespace, out var space))
            return new UpdateReceipt(0);
        if (request.Id is null && request.DryRun)
        {
            return await index.ReadAsync<UpdateReceipt>(
                (reader, _) => new UpdateReceipt(IndexReads.Count(Filter(request.Filter), space, reader, cancellation)), cancellation);
        }

        return await index.WriteAsync(batch => batch.Update(request), 1, alone: request.Id is null, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<Done>> DeleteAsync(DeleteRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!Find(request.Index).TryGet(out var index, out var error))
            return error;
        if (!request.All && request.Ids is null && request.Filter is null)
            throw new ArgumentException("neither ids nor a filter nor all", nameof(request));
        if (!index.State.Namespaces.ContainsKey(request.Namespace))
            return Done.It;
        return await index.WriteAsync(batch => batch.Delete(request), request.Ids?.Count ?? 1, alone: request.Ids is null, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<IdPage>> ListAsync(ListRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!Find(request.Index).TryGet(out var index, out var error))
            return error;
        if (PageToken.Read(request.Token, out string? after) is { } wrong)
            return wrong;
        if (!index.State.Namespaces.TryGetValue(request.Namespace, out var space))
            return new IdPage([], null);
        var version = space.IdVersion;
        return await index.ReadAsync<IdPage>((reader, _) => IndexReads.List(request, after, space, reader, version, cancellation), cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<IndexStats>> StatsAsync(string index, VectorFilter? filter, CancellationToken cancellation)
    {
        if (!Find(index).TryGet(out var found, out var error))
            return error;
        var spaces = Sorted(found, null);
        if (filter is null)
            return new IndexStats(found.Spec, spaces.ConvertAll(space => space.Info(found.Spec)));
        if (spaces.Count == 0)
            return new IndexStats(found.Spec, []);
        return await found.ReadAsync<IndexStats>(
            (reader, _) => new IndexStats(found.Spec, spaces.ConvertAll(space => space.Info(found.Spec) with { Records = IndexReads.Count(filter, space, reader, cancellation) })),
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<NamespacePage>> ListNamespacesAsync(string index, string? prefix, int limit, string? token, CancellationToken cancellation)
    {
        if (!Find(index).TryGet(out var found, out var error))
            return new(error);
        if (PageToken.Read(token, out string? after) is { } wrong)
            return new(wrong);
        var spaces = Sorted(found, prefix);
        var first = after is null ? 0 : spaces.FindIndex(space => string.CompareOrdinal(space.Name, after) > 0);
        var page = first < 0 ? [] : spaces.GetRange(first, Math.Min(limit, spaces.Count - first));
        var next = page.Count > 0 && page[^1] != spaces[^1] ? PageToken.Of(page[^1].Name) : null;
        return new(new NamespacePage(page.ConvertAll(space => space.Info(found.Spec)), next, spaces.Count));
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<NamespaceInfo>> FindNamespaceAsync(string index, string name, CancellationToken cancellation)
    {
        if (!Find(index).TryGet(out var found, out var error))
            return new(error);
        return new(found.State.Namespaces.TryGetValue(name, out var space) ? space.Info(found.Spec) : RecordCheck.NoNamespace(name));
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<NamespaceInfo>> CreateNamespaceAsync(string index, string name, CancellationToken cancellation) =>
        Find(index).TryGet(out var found, out var error) ? await found.WriteAsync(batch => batch.CreateNamespace(name), 1, alone: false, cancellation) : error;

    /// <inheritdoc/>
    public async ValueTask<Outcome<Done>> DeleteNamespaceAsync(string index, string name, CancellationToken cancellation)
    {
        if (!Find(index).TryGet(out var found, out var error))
            return error;
        if (!found.State.Namespaces.ContainsKey(name))
            return RecordCheck.NoNamespace(name);
        return await found.WriteAsync(batch => batch.DeleteNamespace(name), 1, alone: true, cancellation);
    }

    private static VectorFilter Filter(VectorFilter? filter) => filter ?? throw new ArgumentException("neither an id nor a filter");

    private static List<Namespace> Sorted(EmbeddedIndex index, string? prefix)
    {
        var spaces = new List<Namespace>();
        foreach (var space in index.State.Namespaces.Values)
        {
            if (prefix is null || space.Name.StartsWith(prefix, StringComparison.Ordinal))
                spaces.Add(space);
        }

        spaces.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return spaces;
    }
}
