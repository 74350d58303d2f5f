namespace Orrery.Engine.Vectors.Embedded;

/// <summary>What can be asked of an index, on the thread that asks.</summary>
internal sealed class IndexReads(IndexState index, VectorMetrics metrics, TimeProvider time)
{
    private readonly KeyValuePair<string, object?> _tag = VectorMetrics.Tag(index.Spec.Name);

    /// <summary>Refuses a query that does not fit what is there; null when it does.</summary>
    public InferenceError? Check(VectorQuery query, Namespace? space)
    {
        if (RecordCheck.CheckModel(query.Namespace, query.Model, space?.Model) is { } otherModel)
            return otherModel;
        return query.Id is null && (index.Spec.Dimension ?? space?.Dimension) is { } wanted ? RecordCheck.CheckDimension(query.Vector.Length, wanted) : null;
    }

    public VectorMatches Query(VectorQuery query, Namespace space, RecordReader reader, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        var search = new NearestSearch(space, index.Spec.Metric, reader, cancellation);
        var vector = query.Vector;
        if (query.Id is { } id && !TryVector(space, reader, id, out vector))
            return new([]);
        var wanted = query.Filter is { } filter ? new FilterSlots(space, reader, cancellation).Find(filter.Root) : null;
        var nearest = search.Find(vector.Span, query.TopK, wanted);
        var matches = new VectorMatch[nearest.Count];
        for (var i = 0; i < matches.Length; i++)
        {
            var near = nearest[i];
            var row = space.Row(near.Slot);
            var values = query.WithValues ? new float[vector.Length] : [];
            if (query.WithValues)
                reader.TryVector(row, values);
            byte[] metadata = [];
            if (query.WithMetadata)
                reader.TryRecord(row, out _, out metadata, out _);
            // Nearness has the sign that makes more nearer; a distance of 0 is told without one.
            matches[i] = new(near.Id, index.Spec.Metric == VectorMetric.Euclidean ? 0 - near.Score : near.Score, values, metadata);
        }

        metrics.QueryDuration.Record(time.GetElapsedTime(start).TotalSeconds, _tag);
        metrics.Reranked.Record(search.Reranked, _tag);
        return new(matches);
    }

    public static RecordPage Fetch(IReadOnlyList<string> ids, Namespace space, RecordReader reader)
    {
        var records = new List<VectorRecord>(ids.Count);
        foreach (var id in ids)
        {
            if (Find(space, reader, id) is var slot && slot >= 0 && Read(space, reader, slot) is { } record)
                records.Add(record);
        }

        return new(records);
    }

    /// <summary>A page of what matches, in the order of slots.</summary>
    public static RecordPage Fetch(VectorFilter filter, int first, int limit, Namespace space, RecordReader reader, CancellationToken cancellation)
    {
        var slots = new FilterSlots(space, reader, cancellation).Find(filter.Root);
        var records = new List<VectorRecord>();
        for (var slot = slots.Next(first); slot >= 0; slot = slots.Next(slot + 1))
        {
            if (Read(space, reader, slot) is not { } record)
                continue;
            if (records.Count == limit)
                return new(records, PageToken.Of(slot));
            records.Add(record);
        }

        return new(records);
    }

    public static IdPage List(ListRequest request, string? after, Namespace space, RecordReader reader, long version, CancellationToken cancellation)
    {
        if (space.Sorted is not { } ids || ids.Version != version)
            space.Sorted = ids = IdList.Read(space, reader, version, cancellation);
        return ids.Page(request.Prefix, after, request.Limit);
    }

    /// <summary>How many records of a namespace match.</summary>
    public static long Count(VectorFilter filter, Namespace space, RecordReader reader, CancellationToken cancellation) =>
        new FilterSlots(space, reader, cancellation).Find(filter.Root).Count;

    private static VectorRecord? Read(Namespace space, RecordReader reader, int slot)
    {
        if (space.Codes is not { } codes || !reader.TryRecord(space.Row(slot), out var id, out var metadata, out _))
            return null;
        var values = new float[codes.Dimension];
        return reader.TryVector(space.Row(slot), values) ? new(id, values, metadata) : null;
    }

    private static bool TryVector(Namespace space, RecordReader reader, string id, out ReadOnlyMemory<float> vector)
    {
        var record = Find(space, reader, id) is var slot && slot >= 0 ? Read(space, reader, slot) : null;
        vector = record?.Values ?? default;
        return record is not null;
    }

    private static int Find(Namespace space, RecordReader reader, string id)
    {
        var utf8 = System.Text.Encoding.UTF8.GetBytes(id);
        return utf8.Length <= RecordCheck.MaxIdBytes ? space.Find(reader, utf8) : -1;
    }
}
