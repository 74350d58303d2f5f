using System.Diagnostics.CodeAnalysis;
using Orrery.Engine.Batching;

namespace Orrery.Engine.Execution;

/// <summary>
/// One model's queue and the threads that empty it, one a session. Batches are computed on these threads alone.
/// The lock guards the queue's bookkeeping and is never held while computing or awaiting.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The last of its threads disposes what it owns.")]
internal sealed class ModelExecutor
{
    /// <summary>What work is refused with from <see cref="StopAsync"/> on. Another version may answer by then: look again.</summary>
    public static readonly InferenceError Stopping =
        new(InferenceErrorKind.ModelNotReady, "the model is being unloaded", RetryAfter: TimeSpan.FromSeconds(1));

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly string _name;
    private readonly BatchQueue _queue;
    private readonly LoadEstimate _load;
    private readonly Admission _admission;
    private readonly TimeProvider _time;
    private readonly ModelMetrics _metrics;
    private readonly Dictionary<TextItem, TextItem> _inFlight = new(new SameTokens());
    private readonly Thread[] _threads;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _idle;
    private int _alive;
    private bool _stopping;

    /// <summary>Starts a thread a runner.</summary>
    /// <param name="name">The model's, for threads and spans.</param>
    /// <param name="runners">One a session; disposed by <see cref="StopAsync"/>.</param>
    /// <param name="queue">Empty.</param>
    /// <param name="load">The measured speed.</param>
    /// <param name="limits">Of the queue.</param>
    /// <param name="policy">Of the queue's batches.</param>
    /// <param name="time">The clock.</param>
    /// <param name="metrics">Of the model.</param>
    public ModelExecutor(
        string name, IReadOnlyList<IBatchRunner> runners, BatchQueue queue, LoadEstimate load, QueueLimits limits, BatchPolicy policy, TimeProvider time, ModelMetrics metrics)
    {
        _name = name;
        _queue = queue;
        _load = load;
        _admission = new Admission(queue, load, limits, policy);
        _time = time;
        _metrics = metrics;
        _alive = runners.Count;
        _threads = new Thread[runners.Count];
        metrics.Observe(QueuedTokens);
        for (var i = 0; i < _threads.Length; i++)
        {
            var runner = runners[i];
            _threads[i] = ComputeThread.Start($"{name}#{i}", () => Work(runner));
        }
    }

    /// <summary>How busy it is.</summary>
    public ModelLoad Load
    {
        get
        {
            lock (_gate)
                return new ModelLoad(_queue.Tokens + _load.Running, _load.TokensPerSecond, _load.Answered);
        }
    }

    /// <summary>Refuses work that would wait too long, before anything is spent on it.</summary>
    /// <param name="priority">Of the work.</param>
    /// <param name="timeout">How long its caller waits; null for the server's limit alone.</param>
    public InferenceError? CheckLoad(Priority priority, TimeSpan? timeout)
    {
        lock (_gate)
            return Refusal(priority, 0, timeout);
    }

    /// <summary>Queues all items of a request, or none.</summary>
    /// <returns>Null when queued; else the reason they are not; <see cref="Stopping"/> when stopping.</returns>
    public InferenceError? Submit(ReadOnlySpan<TextItem> items, Priority priority, TimeSpan? timeout)
    {
        var tokens = 0L;
        foreach (var item in items)
            tokens += item.Length;
        lock (_gate)
        {
            if (Refusal(priority, tokens, timeout) is { } refusal)
                return refusal;
            var now = _time.GetTimestamp();
            foreach (var item in items)
            {
                item.Deadline = DeadlineAt(now, timeout);
                if (_inFlight.TryGetValue(item, out var leader))
                {
                    Follow(leader, item);
                    continue;
                }

                _inFlight.Add(item, item);
                _queue.Add(item, now);
            }

            Wake(items.Length);
        }

        return null;
    }

    /// <summary>Queues one exclusive item.</summary>
    /// <returns>As the other overload.</returns>
    public InferenceError? Submit(WorkItem item, TimeSpan? timeout)
    {
        lock (_gate)
        {
            if (Refusal(item.Priority, item.Length, timeout) is { } refusal)
                return refusal;
            var now = _time.GetTimestamp();
            item.Deadline = DeadlineAt(now, timeout);
            _queue.Add(item, now);
            Wake(1);
        }

        return null;
    }

    /// <summary>A request's caller has gone: what nobody else waits for leaves the queue.</summary>
    public void Abandon(ReadOnlySpan<TextItem> items)
    {
        var left = 0;
        lock (_gate)
        {
            foreach (var own in items)
            {
                var item = own.Leader ?? own;
                if (!item.Queued || item.Wanted)
                    continue;
                _queue.Remove(item);
                _inFlight.Remove(item);
                left++;
                for (var one = item; one is not null; one = one.Follower)
                    one.Job.Delivered();
            }
        }

        _metrics.Cancelled(left);
    }

    /// <summary>An exclusive item's caller has gone.</summary>
    /// <returns>Whether it left the queue; false when it is running or done.</returns>
    public bool Abandon(WorkItem item)
    {
        lock (_gate)
        {
            if (!item.Queued)
                return false;
            _queue.Remove(item);
        }

        _metrics.Cancelled(1);
        return true;
    }

    /// <summary>Takes no more work, finishes what is queued, ends the threads and disposes the runners.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            if (!_stopping)
                _work.Release(_threads.Length);
            _stopping = true;
        }

        return _stopped.Task;
    }

    private long QueuedTokens()
    {
        lock (_gate)
            return _queue.Tokens;
    }

    private void Follow(TextItem leader, TextItem item)
    {
        item.Leader = leader;
        item.Follower = leader.Follower;
        leader.Follower = item;
        leader.Deadline = Math.Max(leader.Deadline, item.Deadline);
        if (leader.Queued && leader.Priority == Priority.Bulk && item.Priority == Priority.Interactive)
            _queue.Promote(leader);
    }

    private long DeadlineAt(long now, TimeSpan? timeout) =>
        timeout is { } limit ? now + (long)(limit.TotalSeconds * _time.TimestampFrequency) : long.MaxValue;

    private InferenceError? Refusal(Priority priority, long tokens, TimeSpan? timeout)
    {
        if (_stopping)
            return Stopping;
        if (_admission.Check(priority, tokens, timeout, _idle) is not { } refusal)
            return null;
        _metrics.Refused();
        return refusal;
    }

    private void Wake(int items)
    {
        // Sessions that are busy look at the queue by themselves when they are done.
        var wake = Math.Min(_idle - _work.CurrentCount, items);
        if (wake > 0)
            _work.Release(wake);
    }

    private void Work(IBatchRunner runner)
    {
        var batch = new List<QueueEntry>();
        var expired = new List<QueueEntry>();
        while (Take(batch, expired, out var alone))
        {
            foreach (var entry in expired)
                Expire((WorkItem)entry);
            if (batch.Count > 0)
                Run(runner, batch, alone);
        }

        runner.Dispose();
        if (Interlocked.Decrement(ref _alive) == 0)
        {
            _metrics.Dispose();
            _work.Dispose();
            _stopped.SetResult();
        }
    }

    private bool Take(List<QueueEntry> batch, List<QueueEntry> expired, out bool alone)
    {
        while (true)
        {
            lock (_gate)
            {
                var taken = _queue.TryTake(_time.GetTimestamp(), _idle + 1, batch, expired);
                foreach (var entry in expired)
                {
                    if (entry is TextItem text)
                        _inFlight.Remove(text);
                }

                alone = _idle == _threads.Length - 1 && _queue.Count == 0;
                if (taken)
                    _load.Started(Padded(batch));
                if (taken || expired.Count > 0)
                    return true;
                if (_stopping)
                    return false;
                _idle++;
            }

            _work.Wait();
            lock (_gate)
                _idle--;
        }
    }

    private void Run(IBatchRunner runner, List<QueueEntry> batch, bool alone)
    {
        var start = _time.GetTimestamp();
        var padded = Padded(batch);
        InferenceError? error = null;
        try
        {
            runner.Compute(batch, alone);
        }
        catch (OnnxRuntime.OrtException e) when (batch[0].Exclusive && e.Code == OnnxRuntime.OrtErrorCode.InvalidArgument)
        {
            // The tensors are the caller's own: an id outside the vocabulary, say, is theirs to mend.
            error = new InferenceError(InferenceErrorKind.Unprocessable, e.Message, "inputs");
        }
        catch (Exception e)
        {
            // Whatever a graph does, the thread lives on: this batch failed, and the next one may not.
            error = new InferenceError(InferenceErrorKind.Failed, e.Message);
        }

        var seconds = _time.GetElapsedTime(start).TotalSeconds;
        lock (_gate)
        {
            _load.Completed(padded, seconds, _threads.Length - _idle);
            foreach (var entry in batch)
            {
                if (entry is TextItem text)
                    _inFlight.Remove(text);
            }
        }

        // From here on no equal text can join: the followers are known.
        _metrics.Ran(batch, padded, start, seconds, _time);
        if (error is null)
        {
            // A runner answers for each text of the batch itself, whatever fails.
            runner.Deliver(batch);
        }
        else
        {
            _metrics.Failed(batch.Count);
            foreach (var entry in batch)
                ((WorkItem)entry).Fail(error);
        }

        // Answered first: nobody waits for the writing of spans.
        if (Tracing.Source.HasListeners())
            Tracing.Record(_name, batch, padded, start, seconds, error, _time);
    }

    private void Expire(WorkItem item)
    {
        _metrics.Expired();
        item.Fail(new InferenceError(InferenceErrorKind.DeadlineExceeded, "the deadline passed while the request was queued"));
    }

    private static long Padded(List<QueueEntry> batch)
    {
        var longest = 0L;
        foreach (var entry in batch)
            longest = Math.Max(longest, entry.Length);
        return longest * batch.Count;
    }
}
