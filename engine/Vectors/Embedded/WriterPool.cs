namespace Orrery.Engine.Vectors.Embedded;

/// <summary>The few threads that write to all indexes of a store, one index's transaction at a time. An index is on one of them at most.</summary>
internal sealed class WriterPool : IDisposable
{
    private readonly WorkQueue<IndexWriter> _queue = new(long.MaxValue);
    private readonly Thread[] _threads;

    /// <summary>Starts.</summary>
    /// <param name="threads">How many: a transaction mostly waits for the disk.</param>
    public WriterPool(int threads)
    {
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = $"orrery-writer-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Gives an index a turn. It must not have one already.</summary>
    public void Add(IndexWriter index) => _queue.TryAdd(index, 1);

    /// <summary>Ends the threads, when all turns that were given are over.</summary>
    public void Dispose()
    {
        _queue.Close();
        foreach (var thread in _threads)
            thread.Join();
    }

    private void Run()
    {
        while (_queue.Take(out var index))
            index.Turn();
    }
}
