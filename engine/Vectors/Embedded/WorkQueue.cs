using System.Diagnostics.CodeAnalysis;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>A bounded queue that threads of our own wait on.</summary>
/// <param name="capacity">The most weight that may wait; what is heavier may wait alone.</param>
internal sealed class WorkQueue<T>(long capacity)
    where T : class
{
    private readonly object _gate = new();
    private readonly Queue<(T Item, int Weight)> _items = new();
    private long _weight;
    private bool _closed;

    /// <summary>Whether nothing is taken any more.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
                return _closed;
        }
    }

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _items.Count == 0;
        }
    }

    /// <summary>Adds an item.</summary>
    /// <returns>False when the queue is full or closed.</returns>
    public bool TryAdd(T item, int weight)
    {
        lock (_gate)
        {
            if (_closed || (_items.Count > 0 && _weight + weight > capacity))
                return false;
            _items.Enqueue((item, weight));
            _weight += weight;
            Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>Waits for an item.</summary>
    /// <returns>False when the queue is closed and nothing is left in it.</returns>
    public bool Take([NotNullWhen(true)] out T? item)
    {
        lock (_gate)
        {
            while (_items.Count == 0 && !_closed)
                Monitor.Wait(_gate);
            return TryDequeue(out item);
        }
    }

    /// <summary>Takes an item if one waits.</summary>
    public bool TryTake([NotNullWhen(true)] out T? item)
    {
        lock (_gate)
            return TryDequeue(out item);
    }

    /// <summary>Takes nothing more; what waits is still given out.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private bool TryDequeue([NotNullWhen(true)] out T? item)
    {
        (item, var weight) = _items.Count > 0 ? _items.Dequeue() : default;
        _weight -= weight;
        return item is not null;
    }
}
