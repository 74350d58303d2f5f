using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Routing;

/// <summary>How a call ended.</summary>
internal enum CallEnd
{
    /// <summary>The replica answered.</summary>
    Answered,

    /// <summary>The replica, its silo or the way there is gone.</summary>
    Lost,

    /// <summary>The deadline passed.</summary>
    Expired,
}

/// <summary>One call to one replica: ends with its answer, its loss or its deadline, whichever comes first.</summary>
internal sealed class Attempt<T>(long deadline, CancellationToken cancellation) : IAttempt
    where T : class
{
    // Not asynchronous: the answer of a grain comes on a thread of the pool, free to go on with the request.
    private readonly TaskCompletionSource<CallEnd> _done = new();
    private Answer<T> _answer;

    public long Deadline => deadline;

    /// <summary>The answer, once it ended as <see cref="CallEnd.Answered"/>.</summary>
    public Answer<T> Answer => _answer;

    /// <summary>Waits for the end.</summary>
    /// <param name="call">The call, under way.</param>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public Task<CallEnd> RunAsync(ValueTask<Answer<T>> call)
    {
        _ = ForwardAsync(call);
        return _done.Task;
    }

    // Whoever ends it from outside is the watcher, whose thread must not go on with the request.
    public void Lose() => ThreadPool.UnsafeQueueUserWorkItem(static attempt => attempt._done.TrySetResult(CallEnd.Lost), this, preferLocal: false);

    public void Expire() => ThreadPool.UnsafeQueueUserWorkItem(static attempt => attempt._done.TrySetResult(CallEnd.Expired), this, preferLocal: false);

    private async Task ForwardAsync(ValueTask<Answer<T>> call)
    {
        try
        {
            _answer = await call;
            _done.TrySetResult(_answer.Gone ? CallEnd.Lost : CallEnd.Answered);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            _done.TrySetCanceled(cancellation);
        }
        catch (Exception e) when (RemoteFault.Is(e, cancellation))
        {
            _done.TrySetResult(CallEnd.Lost);
        }
        catch (Exception e)
        {
            _done.TrySetException(e);
        }
    }
}
