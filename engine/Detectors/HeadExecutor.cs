using Orrery.Engine.Execution;

namespace Orrery.Engine.Detectors;

/// <summary>Work for the thread of heads.</summary>
/// <param name="Head">The head; null when <paramref name="Work"/> is done instead.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Count">How many.</param>
/// <param name="Scores">Where the probabilities go.</param>
/// <param name="Work">Other arithmetic, short.</param>
internal sealed record HeadJob(Head? Head, ReadOnlyMemory<float> Rows, int Count, Memory<float> Scores, Action? Work)
{
    // Continuations leave the thread: writing an answer must not hold up the next head.
    public TaskCompletionSource<InferenceError?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>
/// Applies heads. What takes less time than handing it to another thread is done in place, unless the head is busy. The rest goes to one
/// thread, which is work-conserving as models' threads are: while it runs, requests gather, and those of one head are then run
/// together. Not bounded here: what waits is embedded already, and the embedding was admitted.
/// </summary>
internal sealed class HeadExecutor : IDisposable
{
    // About ten microseconds of multiplying, which is what two changes of thread cost.
    private const long InPlace = 100_000;

    private static readonly Task<InferenceError?> Scored = Task.FromResult<InferenceError?>(null);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly Thread _thread;
    private List<HeadJob> _pending = [];
    private List<HeadJob> _taken = [];
    private float[] _rows = [];
    private float[] _scores = [];
    private bool _idle;
    private bool _stopping;

    public HeadExecutor() => _thread = ComputeThread.Start("heads", Run);

    /// <summary>Scores rows.</summary>
    /// <returns>Null, or what failed.</returns>
    public Task<InferenceError?> ScoreAsync(Head head, ReadOnlyMemory<float> rows, int count, Memory<float> scores)
    {
        if (count * head.Weights > InPlace || !head.Running.TryEnter())
            return Submit(new HeadJob(head, rows, count, scores, null));
        try
        {
            head.Run(rows.Span, count, scores.Span);
            return Scored;
        }
        catch (Exception e) when (e is OnnxRuntime.OrtException or ModelOutputException)
        {
            return Task.FromResult<InferenceError?>(new InferenceError(InferenceErrorKind.Failed, e.Message));
        }
        finally
        {
            head.Running.Exit();
        }
    }

    /// <summary>Runs arithmetic that should not run on the threads that serve requests.</summary>
    public Task<InferenceError?> ComputeAsync(Action work) => Submit(new HeadJob(null, default, 0, default, work));

    /// <summary>Finishes what waits, then ends the thread. A second call does nothing.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
                return;
            _stopping = true;
        }

        _work.Release();
        _thread.Join();
        _work.Dispose();
    }

    private Task<InferenceError?> Submit(HeadJob job)
    {
        bool wake;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            _pending.Add(job);
            wake = _idle;
            _idle = false;
        }

        if (wake)
            _work.Release();
        return job.Done.Task;
    }

    private void Run()
    {
        while (true)
        {
            lock (_gate)
            {
                (_pending, _taken) = (_taken, _pending);
                if (_taken.Count == 0 && _stopping)
                    return;
                _idle = _taken.Count == 0;
            }

            if (_taken.Count == 0)
            {
                _work.Wait();
                continue;
            }

            for (var i = 0; i < _taken.Count; i++)
            {
                if (!_taken[i].Done.Task.IsCompleted)
                    Run(i);
            }

            _taken.Clear();
        }
    }

    /// <summary>Runs the job at an index, and with it later ones of the same head.</summary>
    private void Run(int index)
    {
        var first = _taken[index];
        try
        {
            if (first.Head is not { } head)
            {
                first.Work!();
                first.Done.SetResult(null);
            }
            else if (first.Count >= Head.MaxRows)
            {
                RunLarge(head, first);
            }
            else
            {
                RunTogether(head, index);
            }
        }
        catch (Exception e)
        {
            // Whatever a graph does, the thread lives on: those of this run failed, and the next may not.
            var error = new InferenceError(InferenceErrorKind.Failed, e.Message);
            first.Done.TrySetResult(error);
            for (var i = index + 1; i < _taken.Count && first.Head is not null; i++)
            {
                if (ReferenceEquals(_taken[i].Head, first.Head))
                    _taken[i].Done.TrySetResult(error);
            }
        }
    }

    private static void RunLarge(Head head, HeadJob job)
    {
        var (row, classes) = (job.Rows.Length / job.Count, head.Labels.Length);
        for (var start = 0; start < job.Count; start += Head.MaxRows)
        {
            var count = Math.Min(Head.MaxRows, job.Count - start);
            lock (head.Running)
                head.Run(job.Rows.Span.Slice(start * row, count * row), count, job.Scores.Span.Slice(start * classes, count * classes));
        }

        job.Done.SetResult(null);
    }

    private void RunTogether(Head head, int index)
    {
        var (row, classes) = (_taken[index].Rows.Length / _taken[index].Count, head.Labels.Length);
        var (count, end) = (0, index);
        for (var i = index; i < _taken.Count; i++)
        {
            var job = _taken[i];
            if (!Joins(job, head, row) || count + job.Count > Head.MaxRows)
                continue;
            Grow(ref _rows, (count + job.Count) * row);
            job.Rows.Span.CopyTo(_rows.AsSpan(count * row));
            count += job.Count;
            end = i;
        }

        Grow(ref _scores, count * classes);
        lock (head.Running)
            head.Run(_rows.AsSpan(0, count * row), count, _scores.AsSpan(0, count * classes));
        var at = 0;
        for (var i = index; i <= end && at < count; i++)
        {
            var job = _taken[i];
            if (!Joins(job, head, row) || at + job.Count > Head.MaxRows)
                continue;
            _scores.AsSpan(at * classes, job.Count * classes).CopyTo(job.Scores.Span);
            at += job.Count;
            job.Done.SetResult(null);
        }
    }

    private static bool Joins(HeadJob job, Head head, int row) =>
        ReferenceEquals(job.Head, head) && !job.Done.Task.IsCompleted && job.Rows.Length == job.Count * row;

    private static void Grow(ref float[] array, int length)
    {
        if (array.Length < length)
            Array.Resize(ref array, Math.Max(length, array.Length * 2));
    }
}
