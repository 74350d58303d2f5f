namespace Orrery.Engine.Vectors.Embedded;

/// <summary>A few threads that read and compute, so that neither is done on the thread pool.</summary>
internal sealed class SearchPool : IDisposable
{
    private const int MaxWaiting = 256;
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(1);

    private readonly WorkQueue<Job<SearchPool>> _queue = new(MaxWaiting);
    private readonly Thread[] _threads;

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
        return new InferenceError(InferenceErrorKind.Overloaded, $"{MaxWaiting} searches wait already", RetryAfter: _retry);
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
        }
    }
}
