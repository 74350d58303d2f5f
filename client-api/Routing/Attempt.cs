using Orrery.Fleet.Routing;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Routing;

/// <summary>What happened to a call.</summary>
internal enum CallEnd
{
    /// <summary>The replica answered.</summary>
    Answered,

    /// <summary>The replica, its silo or the way there is gone.</summary>
    Lost,

    /// <summary>The deadline passed.</summary>
    Expired,

    /// <summary>Nothing yet, and that is long. The call goes on.</summary>
    Late,
}

/// <summary>One call to one replica: ends with its answer, its loss or its deadline, whichever comes first. Whoever made it calls <see cref="Abandon"/> at the end.</summary>
internal sealed class Attempt<T> : IAttempt
    where T : class
{
    private readonly CancellationTokenSource _abandoned;
    private readonly CancellationToken _caller;

    // Not asynchronous: the answer of a grain comes on a thread of the pool, free to go on with the request.
    private TaskCompletionSource<CallEnd> _next = new();
    private Answer<T> _answer;
    private int _end = -1;
    private int _doubted;
    private int _settled;

    /// <summary>A call that is made next.</summary>
    /// <param name="route">Where it goes.</param>
    /// <param name="began">Now, on the clock's ticks.</param>
    /// <param name="deadline">When nobody waits for it any more.</param>
    /// <param name="caller">Whoever asks has gone.</param>
    public Attempt(Route<ReplicaRef> route, long began, long deadline, CancellationToken caller)
    {
        (Route, Began, Deadline, Direct, _caller) = (route, began, deadline, route.Replica.Direct, caller);
        _abandoned = CancellationTokenSource.CreateLinkedTokenSource(caller);
        route.Replica.InFlight.Add(this);
    }

    public Route<ReplicaRef> Route { get; }

    public ReplicaRef Replica => Route.Replica;

    public long Began { get; }

    public long Deadline { get; }

    public bool Direct { get; }

    /// <summary>Told to the replica: nobody waits for its answer any more.</summary>
    public CancellationToken Token => _abandoned.Token;

    /// <summary>What happens next.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public Task<CallEnd> Next => Volatile.Read(ref _next).Task;

    /// <summary>The answer, once it ended as <see cref="CallEnd.Answered"/>.</summary>
    public Answer<T> Answer => _answer;

    /// <summary>Whether it was answered.</summary>
    public bool IsAnswered => Volatile.Read(ref _end) == (int)CallEnd.Answered;

    /// <summary>Awaits the call.</summary>
    /// <param name="call">The call, under way.</param>
    public async Task FollowAsync(ValueTask<Answer<T>> call)
    {
        try
        {
            _answer = await call;
            Replica.Heard();
            End(_answer.Gone ? CallEnd.Lost : CallEnd.Answered);
        }
        catch (OperationCanceledException e) when (_caller.IsCancellationRequested)
        {
            Fail(e);
        }
        catch (Exception e) when (RemoteFault.Is(e, _caller))
        {
            // Orleans cancels calls of its own accord where it gives up a way.
            End(CallEnd.Lost);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    // Whoever ends it from outside is the watcher, whose thread must not go on with the request.
    public void Lose() => ThreadPool.UnsafeQueueUserWorkItem(static attempt => attempt.End(CallEnd.Lost), this, preferLocal: false);

    public void Expire() => ThreadPool.UnsafeQueueUserWorkItem(static attempt => attempt.End(CallEnd.Expired), this, preferLocal: false);

    public void Doubt()
    {
        if (Interlocked.Exchange(ref _doubted, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(static attempt => attempt.Late(), this, preferLocal: false);
    }

    /// <summary>Tells the router what became of it. The first word counts.</summary>
    /// <param name="load">The replica's load in tokens, as it said or as it is to count; null where nothing is known of it.</param>
    /// <param name="now">Milliseconds of the router's clock.</param>
    public void Settle(long? load, long now)
    {
        if (Interlocked.Exchange(ref _settled, 1) != 0)
            return;
        if (load is { } tokens)
            Route.Answered(tokens, now);
        else
            Route.Lost();
    }

    /// <summary>Nobody waits for it any more, whether it was answered or not.</summary>
    public void Abandon()
    {
        Replica.InFlight.Remove(this);
        if (!IsAnswered)
            _abandoned.Cancel();
        _abandoned.Dispose();
    }

    private void Late()
    {
        var fresh = new TaskCompletionSource<CallEnd>();
        var next = Interlocked.Exchange(ref _next, fresh);
        // It may have ended just now, and told the one before or this one.
        if (Volatile.Read(ref _end) is >= 0 and var end)
            fresh.TrySetResult((CallEnd)end);
        next.TrySetResult(CallEnd.Late);
    }

    private void End(CallEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, (int)end, -1) == -1)
            Volatile.Read(ref _next).TrySetResult(end);
    }

    private void Fail(Exception e)
    {
        if (Interlocked.CompareExchange(ref _end, (int)CallEnd.Lost, -1) == -1)
            Volatile.Read(ref _next).TrySetException(e);
    }
}
