namespace Orrery.Engine.Vectors.Embedded;

/// <summary>One transaction of an index's writer, over all requests that it takes together. A request is checked before anything of it is written.</summary>
internal sealed class WriteBatch(IndexState index, RecordWriter writer)
{
    private readonly Dictionary<string, NamespaceChanges> _changes = new(StringComparer.Ordinal);
    private readonly List<Namespace> _removed = [];

    /// <summary>What the index is to be after the commit.</summary>
    public IndexSpec Spec { get; private set; } = index.Spec;

    /// <summary>Whether anything was written.</summary>
    public bool IsDirty { get; private set; }

    public Outcome<UpsertReceipt> Upsert(UpsertRequest request)
    {
        var known = Find(request.Namespace);
        if (RecordCheck.CheckModel(request.Namespace, request.Model, known?.Model) is { } otherModel)
            return otherModel;
        if ((Spec.Dimension ?? known?.Dimension) is { } wanted && RecordCheck.CheckDimension(request.Dimension, wanted) is { } otherDimension)
            return otherDimension;
        var changes = known ?? Make(request.Namespace);
        changes.Dimension = request.Dimension;
        changes.Model ??= request.Model;
        IsDirty = true;
        for (var i = 0; i < request.Ids.Count; i++)
            writer.Put(changes, request.Ids[i], request.Values.Slice(i * request.Dimension, request.Dimension), request.MetadataOf(i));
        return new UpsertReceipt(request.Ids.Count);
    }

    public Outcome<UpdateReceipt> Update(UpdateRequest request) => request.Id is { } id ? UpdateOne(request, id) : UpdateAll(request);

    public Outcome<Done> Delete(DeleteRequest request)
    {
        if (Find(request.Namespace) is not { } changes)
            return Done.It;
        IsDirty = true;
        if (request.All)
        {
            writer.RemoveAll(changes);
            changes.Empty();
        }
        else if (request.Ids is { } ids)
        {
            foreach (var id in ids)
                writer.Remove(changes, id);
        }
        else
        {
            foreach (var (_, id) in Matching(changes, request.Filter!))
                writer.Remove(changes, id);
        }

        return Done.It;
    }

    public Outcome<NamespaceInfo> CreateNamespace(string name)
    {
        if (Find(name) is not null)
            return new InferenceError(InferenceErrorKind.Conflict, $"namespace '{name}' exists already", "name");
        IsDirty = true;
        Make(name);
        return new NamespaceInfo(name, 0, Spec.Dimension, null);
    }

    public Outcome<Done> DeleteNamespace(string name)
    {
        if (Find(name) is not { } changes)
            return RecordCheck.NoNamespace(name);
        IsDirty = true;
        writer.RemoveNamespace(changes);
        _removed.Add(changes.Space);
        _changes.Remove(name);
        return Done.It;
    }

    public Outcome<IndexInfo> Configure(IndexChange change)
    {
        Spec = change.Of(Spec);
        IsDirty = true;
        writer.SetSpec(Spec);
        return new IndexInfo(Spec);
    }

    /// <summary>Makes it durable and lets others see it.</summary>
    /// <exception cref="Sqlite.SqliteException">It failed; <see cref="Drop"/> must follow.</exception>
    public void Commit()
    {
        foreach (var changes in _changes.Values)
            writer.SetNamespace(changes);
        writer.Commit();
        index.Spec = Spec;
        foreach (var space in _removed)
            index.Namespaces.TryRemove(space.Name, out _);
        foreach (var changes in _changes.Values)
        {
            changes.Space.Publish(changes);
            index.Namespaces[changes.Space.Name] = changes.Space;
        }
    }

    /// <summary>Takes everything back.</summary>
    public void Drop()
    {
        foreach (var changes in _changes.Values)
            changes.Drop();
        writer.Rollback();
    }

    private NamespaceChanges? Find(string name)
    {
        if (_changes.TryGetValue(name, out var changes))
            return changes;
        return index.Namespaces.TryGetValue(name, out var space) ? _changes[name] = new(space) : null;
    }

    private NamespaceChanges Make(string name) => _changes[name] = new(new Namespace(index.NextNamespace++, name));

    private Outcome<UpdateReceipt> UpdateOne(UpdateRequest request, string id)
    {
        if (Find(request.Namespace) is not { } changes || !writer.TryRead(changes, id, out var metadata))
            return new UpdateReceipt(0);
        if (!request.Values.IsEmpty && RecordCheck.CheckDimension(request.Values.Length, changes.Dimension!.Value) is { } otherDimension)
            return otherDimension;
        var merged = VectorMetadata.Merge(metadata, request.SetMetadata);
        if (TooLong(id, merged) is { } tooLong)
            return tooLong;
        IsDirty = true;
        writer.Put(changes, id, request.Values, merged);
        return new UpdateReceipt(1);
    }

    private Outcome<UpdateReceipt> UpdateAll(UpdateRequest request)
    {
        if (Find(request.Namespace) is not { } changes)
            return new UpdateReceipt(0);
        var matching = Matching(changes, request.Filter!);
        foreach (var (slot, id) in matching)
        {
            if (writer.TryRead(changes, id, out var metadata) && TooLong(id, VectorMetadata.Merge(metadata, request.SetMetadata)) is { } tooLong)
                return tooLong;
        }

        IsDirty = true;
        foreach (var (_, id) in matching)
        {
            if (writer.TryRead(changes, id, out var metadata))
                writer.Put(changes, id, default, VectorMetadata.Merge(metadata, request.SetMetadata));
        }

        return new UpdateReceipt(matching.Count);
    }

    private static InferenceError? TooLong(string id, byte[] metadata) =>
        VectorMetadata.Check(metadata) is { } wrong ? new(InferenceErrorKind.Invalid, $"('{id}'): metadata {wrong}", "metadata") : null;

    // Filters see what is committed: whoever uses one has the transaction for himself.
    private List<(int Slot, string Id)> Matching(NamespaceChanges changes, VectorFilter filter)
    {
        var slots = new FilterSlots(changes.Space, writer.Reader, CancellationToken.None).Find(filter.Root);
        var matching = new List<(int, string)>();
        for (var slot = slots.Next(0); slot >= 0; slot = slots.Next(slot + 1))
        {
            if (writer.Reader.TryRecord(changes.Space.Row(slot), out var id, out _, out _))
                matching.Add((slot, id));
        }

        return matching;
    }
}
