using System.Collections.Concurrent;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>What is kept in memory of a namespace. The index's writer changes it after each commit; any read it without a lock.</summary>
/// <param name="number">Its number in the file, which its rows begin with.</param>
/// <param name="name">Its name.</param>
internal sealed class Namespace(long number, string name)
{
    private volatile CodeTable? _codes;
    private volatile IdTable _ids = new();
    private volatile EmbeddingModel? _model;
    private volatile IdList? _sorted;
    private long _records;
    private long _idVersion;

    public long Number { get; } = number;

    public string Name { get; } = name;

    /// <summary>Codes by slot; null while nothing was ever written.</summary>
    public CodeTable? Codes => _codes;

    public IdTable Ids => _ids;

    public EmbeddingModel? Model => _model;

    public long Records => Interlocked.Read(ref _records);

    /// <summary>Components of its vectors; null while there are none.</summary>
    public int? Dimension => Records > 0 ? _codes?.Dimension : null;

    /// <summary>Grows whenever ids come or go.</summary>
    public long IdVersion => Interlocked.Read(ref _idVersion);

    /// <summary>Numbers of metadata's fields. Those of fields that were never committed have no entries.</summary>
    public ConcurrentDictionary<string, long> Fields { get; } = new(StringComparer.Ordinal);

    /// <summary>Its ids in order, as they were when somebody last asked.</summary>
    public IdList? Sorted { get => _sorted; set => _sorted = value; }

    /// <summary>The writer's: what is added up of all rows' checksums.</summary>
    public long Sum { get; private set; }

    /// <summary>The writer's: slots from here on were never taken.</summary>
    public int High { get; private set; }

    /// <summary>The writer's: slots below <see cref="High"/> that are free.</summary>
    public Stack<int> Free { get; } = new();

    public NamespaceInfo Info(IndexSpec spec) => new(Name, Records, spec.Dimension ?? Dimension, Model);

    public long Row(int slot) => (Number << 32) | (uint)slot;

    public long FirstRow => Row(0);

    public long LastRow => (Number << 32) | uint.MaxValue;

    /// <summary>The slot of an id; -1 when there is none.</summary>
    /// <param name="reader">Compares with the ids kept.</param>
    /// <param name="id">The id as UTF-8.</param>
    public int Find(RecordReader reader, ReadOnlySpan<byte> id)
    {
        foreach (var slot in Ids.Find(IdTable.Hash(id)))
        {
            if (reader.HasId(Row(slot), id))
                return slot;
        }

        return -1;
    }

    /// <summary>Takes up what was read from the file, before anybody else sees it.</summary>
    public void Load(CodeTable? codes, EmbeddingModel? model, long records, int high, long sum)
    {
        (_codes, _model, _records, High, Sum) = (codes, model, records, high, sum);
        codes?.Publish();
    }

    /// <summary>Takes up what was committed.</summary>
    public void Publish(NamespaceChanges changes)
    {
        if (changes.IsEmptied)
        {
            (_codes, _ids) = (null, new());
            Free.Clear();
        }

        var codes = _codes;
        if (changes.Dimension is { } dimension && codes?.Dimension != dimension)
            codes = new(dimension);
        foreach (var change in changes.Slots)
        {
            if (change.Removed)
            {
                _ids.Remove(change.IdHash, change.Slot);
                codes!.Clear(change.Slot);
                Free.Push(change.Slot);
                continue;
            }

            codes!.Set(change.Slot, change.Vector.Span);
            if (change.Added)
                _ids.Add(change.IdHash, change.Slot);
        }

        codes?.Publish();
        _codes = codes;
        (_model, Sum, High) = (changes.Model, changes.Sum, changes.High);
        Interlocked.Exchange(ref _records, changes.Records);
        if (changes.IdsChanged)
        {
            Interlocked.Increment(ref _idVersion);
            _sorted = null;
        }
    }
}
