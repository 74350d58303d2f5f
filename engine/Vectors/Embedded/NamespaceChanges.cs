namespace Orrery.Engine.Vectors.Embedded;

/// <summary>A slot that a transaction wrote to.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="IdHash">Of the id in it.</param>
/// <param name="Vector">What it now holds, as readers will decode it; empty when removed.</param>
/// <param name="Added">Whether its id was not there before.</param>
/// <param name="Removed">Whether it was freed.</param>
internal readonly record struct SlotChange(int Slot, uint IdHash, ReadOnlyMemory<float> Vector, bool Added, bool Removed);

/// <summary>What a transaction changes of a namespace: nobody sees it before the commit, and without one it is dropped.</summary>
internal sealed class NamespaceChanges
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<int> _taken = [];

    public NamespaceChanges(Namespace space)
    {
        Space = space;
        (Records, Sum, High, Model, Dimension) = (space.Records, space.Sum, space.High, space.Model, space.Dimension);
    }

    public Namespace Space { get; }

    public long Records { get; private set; }

    public long Sum { get; set; }

    public int High { get; private set; }

    public EmbeddingModel? Model { get; set; }

    /// <summary>Components of its vectors; null while it is empty.</summary>
    public int? Dimension { get; set; }

    public List<SlotChange> Slots { get; } = [];

    /// <summary>Whether everything was removed first.</summary>
    public bool IsEmptied { get; private set; }

    public bool IdsChanged => IsEmptied || _ids.Count > 0;

    /// <summary>The slot of an id as the transaction sees it; -1 when there is none.</summary>
    public int Find(RecordReader reader, string id, ReadOnlySpan<byte> utf8) =>
        _ids.TryGetValue(id, out var slot) ? slot : Space.Find(reader, utf8);

    /// <summary>A slot for a new id.</summary>
    public int Take(string id)
    {
        var slot = High;
        if (Space.Free.TryPop(out var free))
            _taken.Add(slot = free);
        else
            High++;
        _ids[id] = slot;
        Records++;
        return slot;
    }

    public void Remove(string id)
    {
        _ids[id] = -1;
        Records--;
    }

    public void Empty() => (IsEmptied, Records, Sum, High, Dimension) = (true, 0, 0, 0, null);

    /// <summary>Gives back what only the commit would have made true.</summary>
    public void Drop()
    {
        for (var i = _taken.Count - 1; i >= 0; i--)
            Space.Free.Push(_taken[i]);
    }
}
