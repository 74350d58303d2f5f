namespace Orrery.Engine.Vectors.Embedded;

/// <summary>Which indexes may have their files open: those that were used last. The others open them again when they are used.</summary>
/// <param name="most">How many.</param>
internal sealed class OpenFiles(int most)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<EmbeddedIndex> _used = new();
    private readonly Dictionary<EmbeddedIndex, LinkedListNode<EmbeddedIndex>> _nodes = [];

    /// <summary>An index is being used; the one whose use is longest ago closes its files where there are too many.</summary>
    public void Use(EmbeddedIndex index)
    {
        EmbeddedIndex? last = null;
        lock (_gate)
        {
            if (_nodes.TryGetValue(index, out var node))
            {
                if (node.Next is null)
                    return;
                _used.Remove(node);
                _used.AddLast(node);
                return;
            }

            _nodes[index] = _used.AddLast(index);
            if (_used.Count > most)
            {
                last = _used.First!.Value;
                _used.RemoveFirst();
                _nodes.Remove(last);
            }
        }

        last?.CloseFiles();
    }

    /// <summary>Whether an index may keep its files open.</summary>
    public bool Has(EmbeddedIndex index)
    {
        lock (_gate)
            return _nodes.ContainsKey(index);
    }

    /// <summary>An index is gone.</summary>
    public void Forget(EmbeddedIndex index)
    {
        lock (_gate)
        {
            if (_nodes.Remove(index, out var node))
                _used.Remove(node);
        }
    }
}
