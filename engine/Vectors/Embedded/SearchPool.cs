namespace Orrery.Engine.Vectors.Embedded;

/// <summary>A few threads that read and compute, so that neither is done on the thread pool.</summary>
internal sealed class SearchPool : IDisposable
{
    private const int MaxWaiting = 256;
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(1);

    private readonly WorkQueue<Job<SearchPool>> _queue = new(MaxWaiting);
    private readonly Thread[] _threads;
    private int _busy;

    public SearchPool(int threads)
    {
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = $"orrery-search-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Does work on one of the threads.</summary>
    public async ValueTask<Outcome<T>> RunAsync<T>(Func<SearchPool, Outcome<T>> work, CancellationToken cancellation)
        where T : class
    {
        var job = new Job<SearchPool, T>(work, cancellation) { Weight = 1 };
        if (_queue.TryAdd(job, job.Weight))
            return await job.Task;
        return _queue.IsClosed
            ? new InferenceError(InferenceErrorKind.Unavailable, "the vector store is closed")
            : new InferenceError(InferenceErrorKind.Overloaded, $"{MaxWaiting} searches wait already", RetryAfter: _retry);
    }

    /// <summary>Scans with all threads that nobody else wants, the caller's among them.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="count">How many nearest are sought.</param>
    /// <param name="cancellation">Gives up.</param>
    public Candidates Scan(CodeScan scan, int count, CancellationToken cancellation)
    {
        var all = new Candidates(count);
        var idle = scan.IsLarge ? _threads.Length - Volatile.Read(ref _busy) : 0;
        var helps = new List<ScanHelp>();
        for (var i = 0; i < idle; i++)
        {
            var help = new ScanHelp(scan, new(count), cancellation) { Weight = 1 };
            if (_queue.TryAdd(help, help.Weight))
                helps.Add(help);
        }

        try
        {
            scan.Run(all, cancellation);
        }
        finally
        {
            // Nobody may be at the scan when its chunks, or the help itself, are let go.
            foreach (var help in helps)
            {
                help.JoinInto(all);
                help.Dispose();
            }
        }

        return all;
    }

    public void Dispose()
    {
        _queue.Close();
        foreach (var thread in _threads)
            thread.Join();
    }

    private void Run()
    {
        while (_queue.Take(out var job))
        {
            if (!job.TryTake())
                continue;
            Interlocked.Increment(ref _busy);
            try
            {
                job.Run(this);
                job.Answer();
            }
#pragma warning disable CA1031 // Whatever went wrong belongs to who asked; the thread has others to serve.
            catch (Exception e)
#pragma warning restore CA1031
            {
                job.Throw(e);
            }
            finally
            {
                Interlocked.Decrement(ref _busy);
            }
        }
    }
}
