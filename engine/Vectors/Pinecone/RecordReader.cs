using System.Text.Json;
using Orrery.Engine.Vectors.Outbox;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>Finds and counts. What waits in the outbox is not found: only Pinecone is asked.</summary>
internal sealed class RecordReader(IndexDirectory indexes, NamespaceModels models)
{
    public async ValueTask<Outcome<VectorMatches>> QueryAsync(VectorQuery query, CancellationToken cancellation)
    {
        if (!(await indexes.FindAsync(query.Index, null, cancellation)).TryGet(out var info, out var error))
            return error;
        if (query.Id is null && (RecordCheck.CheckValues(query.Vector.Span) ?? CheckDimension(query.Vector.Length, info)) is { } wrong)
            return wrong;
        if (query.Model is not null)
        {
            if (!(await models.FindAsync(new Lane(query.Index, query.Namespace), null, cancellation)).TryGet(out var kept, out error))
                return error;
            if (RecordCheck.CheckModel(query.Namespace, query.Model, kept.Model) is { } conflict)
                return conflict;
        }

        return await AskAsync(query.Index, HttpMethod.Post, "/query", CallJson.Query(query), static json => new VectorMatches(RecordJson.Matches(json)), new VectorMatches([]), cancellation);
    }

    public async ValueTask<Outcome<RecordPage>> FetchAsync(FetchRequest request, CancellationToken cancellation)
    {
        if (request.Ids is not { } ids)
        {
            return await AskAsync(
                request.Index, HttpMethod.Post, "/vectors/fetch_by_metadata", CallJson.Fetch(request), static json => new RecordPage(RecordJson.Records(json), RecordJson.Next(json)), new RecordPage([]), cancellation);
        }

        var found = new Dictionary<string, VectorRecord>(ids.Count, StringComparer.Ordinal);
        for (var i = 0; i < ids.Count;)
        {
            // As many as an address holds.
            var some = new List<string>(RecordPaths.Fitting(ids, i));
            for (var end = i + some.Capacity; i < end; i++)
                some.Add(ids[i]);
            var part = await AskAsync(
                request.Index, HttpMethod.Get, RecordPaths.Fetch(request.Namespace, some), default, static json => new RecordPage(RecordJson.Records(json)), new RecordPage([]), cancellation);
            if (!part.TryGet(out var page, out var error))
                return error;
            foreach (var record in page.Records)
                found[record.Id] = record;
        }

        // Pinecone's answer is a map: the order is the question's.
        var records = new List<VectorRecord>(found.Count);
        foreach (var id in ids)
        {
            if (found.Remove(id, out var record))
                records.Add(record);
        }

        return new RecordPage(records);
    }

    public ValueTask<Outcome<IdPage>> ListAsync(ListRequest request, CancellationToken cancellation) => AskAsync(
        request.Index,
        HttpMethod.Get,
        RecordPaths.List(request.Namespace, request.Prefix, request.Limit, request.Token),
        default,
        static json => new IdPage(RecordJson.Ids(json), RecordJson.Next(json)),
        new IdPage([], null),
        cancellation);

    public async ValueTask<Outcome<IndexStats>> StatsAsync(string index, VectorFilter? filter, CancellationToken cancellation)
    {
        if (!(await indexes.FindAsync(index, null, cancellation)).TryGet(out var info, out var error))
            return error;
        return await AskAsync(index, HttpMethod.Post, "/describe_index_stats", CallJson.Stats(filter), Read, new IndexStats(info.Spec, []), cancellation);

        IndexStats Read(JsonElement json)
        {
            var namespaces = new List<NamespaceInfo>();
            if (json.TryGetProperty("namespaces", out var told) && told.ValueKind == JsonValueKind.Object)
            {
                foreach (var one in told.EnumerateObject())
                    namespaces.Add(Info(info, RecordJson.Here(one.Name), RecordJson.Number(one.Value, "vectorCount") ?? 0));
            }

            namespaces.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
            return new IndexStats(info.Spec, namespaces);
        }
    }

    public async ValueTask<Outcome<NamespacePage>> ListNamespacesAsync(string index, string? prefix, int limit, string? token, CancellationToken cancellation)
    {
        if (!(await indexes.FindAsync(index, null, cancellation)).TryGet(out var info, out var error))
            return error;
        return await AskAsync(index, HttpMethod.Get, RecordPaths.Namespaces(prefix, limit, token), default, Read, new NamespacePage([], null, 0), cancellation);

        NamespacePage Read(JsonElement json)
        {
            var namespaces = new List<NamespaceInfo>();
            foreach (var one in RecordJson.Items(json, "namespaces"))
                namespaces.Add(Info(info, one));
            return new NamespacePage(namespaces, RecordJson.Next(json), RecordJson.Number(json, "total_count") ?? namespaces.Count);
        }
    }

    public ValueTask<Outcome<NamespaceInfo>> FindNamespaceAsync(string index, string name, CancellationToken cancellation) =>
        NamespaceAsync(index, HttpMethod.Get, RecordPaths.Namespace(name), default, cancellation);

    public ValueTask<Outcome<NamespaceInfo>> CreateNamespaceAsync(string index, string name, CancellationToken cancellation) =>
        NamespaceAsync(index, HttpMethod.Post, "/namespaces", CallJson.Namespace(RecordJson.There(name)), cancellation);

    private async ValueTask<Outcome<NamespaceInfo>> NamespaceAsync(string index, HttpMethod method, string path, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        if (!(await indexes.FindAsync(index, null, cancellation)).TryGet(out var info, out var error))
            return error;
        return await AskAsync(index, method, path, body, json => Info(info, json), null, cancellation);
    }

    /// <summary>Asks, and reads the answer.</summary>
    /// <param name="index">The index.</param>
    /// <param name="method">How.</param>
    /// <param name="path">The path and query.</param>
    /// <param name="body">JSON as UTF-8, empty for none.</param>
    /// <param name="read">Reads the answer.</param>
    /// <param name="empty">What a namespace that nobody has written to has; null where that is an error.</param>
    /// <param name="cancellation">Gives up.</param>
    private async ValueTask<Outcome<T>> AskAsync<T>(
        string index, HttpMethod method, string path, ReadOnlyMemory<byte> body, Func<JsonElement, T> read, T? empty, CancellationToken cancellation)
        where T : class
    {
        if (!(await indexes.CallAsync(index, method, path, body, null, cancellation)).TryGet(out var reply, out var error))
            return empty is not null && RecordWriter.IsMissingNamespace(error) ? empty : error;
        using (reply)
        {
            try
            {
                return read(reply.Json);
            }
            catch (Exception e) when (e is InvalidOperationException or FormatException)
            {
                // A part of another kind than the contract says; asking for each part's kind first would double the reading.
                return new InferenceError(InferenceErrorKind.Failed, $"Pinecone's answer to {path.Split('?')[0]} cannot be read: {e.Message}");
            }
        }
    }

    private NamespaceInfo Info(IndexInfo index, JsonElement json) =>
        Info(index, RecordJson.Here(IndexJson.Text(json, "name") ?? ""), RecordJson.Number(json, "record_count") ?? 0);

    private NamespaceInfo Info(IndexInfo index, string name, long records) =>
        new(name, records, index.Spec.Dimension, models.Known(new Lane(index.Spec.Name, name)));

    private static InferenceError? CheckDimension(int given, IndexInfo index) => index.Spec.Dimension is { } wanted ? RecordCheck.CheckDimension(given, wanted) : null;
}
