using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces.Vectors;

/// <content>Indexes, namespaces and counts: what the directory knows, and owners count.</content>
public sealed partial class ClusterVectorStore
{
    /// <summary>Shards that are counted at once, so that an index of thousands of namespaces does not ask all of them together.</summary>
    private const int CountedAtOnce = 64;

    /// <inheritdoc/>
    public async ValueTask<Outcome<IReadOnlyList<IndexInfo>>> ListIndexesAsync(CancellationToken cancellation)
    {
        var specs = await _caller.AskDirectoryAsync(async directory => new Answer<IndexSpec[]> { Value = await directory.ListIndexesAsync() }, cancellation);
        return specs.TryGet(out var all, out var error) ? Array.ConvertAll(all, spec => new IndexInfo(spec)) : error;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<IndexInfo>> FindIndexAsync(string index, CancellationToken cancellation) =>
        Info((await PageAsync(index, "", null, 0, cancellation)).TryGet(out var page, out var error) ? page.Index : error);

    /// <inheritdoc/>
    public async ValueTask<Outcome<IndexInfo>> CreateIndexAsync(IndexSpec spec, CancellationToken cancellation) =>
        Info(await _caller.AskDirectoryAsync(directory => directory.CreateIndexAsync(spec), cancellation));

    /// <inheritdoc/>
    public async ValueTask<Outcome<IndexInfo>> ConfigureIndexAsync(string index, IndexChange change, CancellationToken cancellation) =>
        Info(await _caller.AskDirectoryAsync(directory => directory.ConfigureIndexAsync(index, change), cancellation));

    /// <inheritdoc/>
    public async ValueTask<Outcome<Done>> DeleteIndexAsync(string index, CancellationToken cancellation) =>
        (await _caller.AskDirectoryAsync(directory => directory.DeleteIndexAsync(index), cancellation)).TryGet(out _, out var error) ? Done.It : error;

    /// <inheritdoc/>
    public async ValueTask<Outcome<IndexStats>> StatsAsync(string index, VectorFilter? filter, CancellationToken cancellation)
    {
        if (!(await PageAsync(index, "", null, int.MaxValue, cancellation)).TryGet(out var page, out var error))
            return error;
        var counted = await CountAsync(page.Places, filter?.Json ?? default, cancellation);
        return counted.TryGet(out var infos, out error) ? new IndexStats(page.Index, infos) : error;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<NamespacePage>> ListNamespacesAsync(string index, string? prefix, int limit, string? token, CancellationToken cancellation)
    {
        if (PageToken.Read(token, out string? after) is { } wrong)
            return wrong;
        if (!(await PageAsync(index, prefix ?? "", after, limit, cancellation)).TryGet(out var page, out var error))
            return error;
        var counted = await CountAsync(page.Places, default, cancellation);
        return counted.TryGet(out var infos, out error) ? new NamespacePage(infos, page.More ? PageToken.Of(infos[^1].Name) : null, page.Total) : error;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<NamespaceInfo>> FindNamespaceAsync(string index, string name, CancellationToken cancellation)
    {
        _namespaces.Forget(index, name);
        if (!(await _caller.AskDirectoryAsync(directory => directory.FindAsync(index, name), cancellation)).TryGet(out var place, out var error))
            return error;
        if (!place.Exists)
            return RecordCheck.NoNamespace(name);
        var counted = await CountAsync([place], default, cancellation);
        return counted.TryGet(out var infos, out error) ? infos[0] : error;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<NamespaceInfo>> CreateNamespaceAsync(string index, string name, CancellationToken cancellation) =>
        (await _caller.AskDirectoryAsync(directory => directory.ClaimAsync(new NamespaceClaim(index, name, null, null), anew: true), cancellation)).TryGet(out var place, out var error)
            ? Info(place, 0) : error;

    /// <inheritdoc/>
    public async ValueTask<Outcome<Done>> DeleteNamespaceAsync(string index, string name, CancellationToken cancellation)
    {
        _namespaces.Forget(index, name);
        return (await _caller.AskDirectoryAsync(directory => directory.DeleteAsync(index, name), cancellation)).TryGet(out _, out var error) ? Done.It : error;
    }

    private ValueTask<Outcome<NamespacePlaces>> PageAsync(string index, string prefix, string? after, int limit, CancellationToken cancellation) =>
        _caller.AskDirectoryAsync(directory => directory.ListAsync(index, prefix, after, limit), cancellation);

    /// <summary>Counts namespaces. One that is removed meanwhile counts nothing.</summary>
    private async ValueTask<Outcome<NamespaceInfo[]>> CountAsync(NamespacePlace[] places, ReadOnlyMemory<byte> filter, CancellationToken cancellation)
    {
        var infos = new NamespaceInfo[places.Length];
        var atOnce = Math.Max(1, CountedAtOnce / Math.Max(1, places.Length == 0 ? 1 : places[0].Stores.Length));
        for (var start = 0; start < places.Length; start += atOnce)
        {
            var running = new Task<Outcome<Value<long>[]>>[Math.Min(atOnce, places.Length - start)];
            for (var i = 0; i < running.Length; i++)
                running[i] = OnAllAsync(places[start + i], (_, owner, token) => owner.CountAsync(filter, token), cancellation).AsTask();
            InferenceError? error = null;
            for (var i = 0; i < running.Length; i++)
            {
                var records = 0L;
                if ((await running[i]).TryGet(out var parts, out var failed))
                    records = parts.Sum(part => part.It);
                else if (!ReferenceEquals(failed, ShardCaller.Gone))
                    error ??= failed;
                infos[start + i] = Info(places[start + i], records);
            }

            if (error is not null)
                return error;
        }

        return infos;
    }

    private static NamespaceInfo Info(NamespacePlace place, long records) => new(place.Name, records, place.Dimension, place.Model);

    private static Outcome<IndexInfo> Info(Outcome<IndexSpec> spec) => spec.TryGet(out var it, out var error) ? new IndexInfo(it) : error;
}
