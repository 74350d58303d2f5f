using System.Diagnostics.CodeAnalysis;
using Orrery.Engine.Batching;
using Orrery.Engine.OnnxRuntime;

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

    /// <summary>What those are told whose deadline passed while they ran.</summary>
    public static readonly InferenceError Late = new(InferenceErrorKind.DeadlineExceeded, "the deadline passed before the model answered");

    // Callers with a deadline of their own are told on time by a timer of their own.
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(250);

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
    private readonly List<QueueEntry>?[] _running;
    private readonly ITimer _watch;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _tookAt;
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
        _running = new List<QueueEntry>?[runners.Count];
        metrics.Observe(QueuedTokens);
        _watch = time.CreateTimer(_ => GiveUpLate(), null, _look, _look);
        for (var i = 0; i < _threads.Length; i++)
        {
            var own = i;
            _threads[i] = ComputeThread.Start($"{name}#{i}", () => Work(own, runners[own]));
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
                item.Deadline = item.OwnDeadline = DeadlineAt(now, timeout);
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

    private void Work(int thread, IBatchRunner runner)
    {
        var batch = new List<QueueEntry>();
        var expired = new List<QueueEntry>();
        while (Take(thread, batch, expired, out var alone))
        {
            foreach (var entry in expired)
                Expire((WorkItem)entry);
            if (batch.Count > 0)
                Run(thread, runner, batch, alone);
        }

        runner.Dispose();
        if (Interlocked.Decrement(ref _alive) == 0)
        {
            _watch.Dispose();
            _metrics.Dispose();
            _work.Dispose();
            _stopped.SetResult();
        }
    }

    private bool Take(int thread, List<QueueEntry> batch, List<QueueEntry> expired, out bool alone)
    {
        while (true)
        {
            lock (_gate)
            {
                _tookAt = _time.GetTimestamp();
                var taken = _queue.TryTake(_tookAt, _idle + 1, batch, expired);
                Forget(expired);
                alone = _idle == _threads.Length - 1 && _queue.Count == 0;
                _running[thread] = taken ? batch : null;
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

    /// <summary>
    /// Answers those whose deadline has passed while they run, and those that wait behind runs which take that long. Texts are computed to their end,
    /// for they share it with others; a run of raw tensors is ended.
    /// </summary>
    private void GiveUpLate()
    {
        List<QueueEntry> expired = [];
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            foreach (var batch in _running)
                GiveUpLate(batch, now);
            if (_queue.Count > 0 && _time.GetElapsedTime(_tookAt, now) >= _look)
                _queue.TakeExpired(now, expired);
            Forget(expired);
        }

        foreach (var entry in expired)
            Expire((WorkItem)entry);
    }

    private static void GiveUpLate(List<QueueEntry>? batch, long now)
    {
        if (batch is null)
            return;
        foreach (var entry in batch)
            ((WorkItem)entry).GiveUp(now, Late);
    }

    private void Forget(List<QueueEntry> expired)
    {
        foreach (var entry in expired)
        {
            if (entry is TextItem text)
                _inFlight.Remove(text);
        }
    }

    private void Run(int thread, IBatchRunner runner, List<QueueEntry> batch, bool alone)
    {
        var start = _time.GetTimestamp();
        var padded = Padded(batch);
        InferenceError? error = null;
        try
        {
            runner.Compute(batch, alone);
        }
        catch (Exception) when (batch.Count > 1)
        {
            RunApart(thread, runner, batch, padded);
            return;
        }
        catch (Exception e)
        {
            // Whatever a graph does, the thread lives on: this batch failed, and the next one may not.
            error = ErrorOf(e, batch[0].Exclusive);
        }

        var seconds = _time.GetElapsedTime(start).TotalSeconds;
        lock (_gate)
        {
            _running[thread] = null;
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
            GiveUpLate(batch, _time.GetTimestamp());
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

    /// <summary>One text may be what the others failed with: they are run one by one.</summary>
    private void RunApart(int thread, IBatchRunner runner, List<QueueEntry> batch, long padded)
    {
        lock (_gate)
            _load.Completed(padded, 0, _threads.Length - _idle);
        foreach (var entry in batch)
        {
            List<QueueEntry> one = [entry];
            lock (_gate)
            {
                _running[thread] = one;
                _load.Started(entry.Length);
            }

            Run(thread, runner, one, alone: false);
        }
    }

    private static InferenceError ErrorOf(Exception e, bool exclusive) => e switch
    {
        OrtException { IsOutOfMemory: true } => new(
            exclusive ? InferenceErrorKind.TooLarge : InferenceErrorKind.Failed, $"the run needs more memory than Engine:MemoryLimit leaves it: {e.Message}", exclusive ? "inputs" : null),
        // The tensors are the caller's own: an id outside the vocabulary, or a cache that fits no layer, is theirs to mend.
        OrtException { Code: OrtErrorCode.InvalidArgument or OrtErrorCode.Fail or OrtErrorCode.RuntimeException } when exclusive => new(InferenceErrorKind.Unprocessable, e.Message, "inputs"),
        _ => new(InferenceErrorKind.Failed, e.Message),
    };

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
