namespace Orrery.Interfaces;

/// <summary>Tells what may happen to any call between processes from what nobody expected.</summary>
public static class RemoteFault
{
    /// <summary>
    /// Whether a call failed because of the way to its grain or the grain's process, so that another way or place may answer. Orleans cancels
    /// calls of its own accord too, when the silo that they went to is declared dead or one of the two is closing.
    /// </summary>
    /// <param name="exception">What the call threw.</param>
    /// <param name="own">The caller's token, if it may cancel: a cancellation that it asked for is no fault.</param>
    public static bool Is(Exception exception, CancellationToken own = default) =>
        exception is OrleansException or TimeoutException or ObjectDisposedException || (exception is OperationCanceledException && !own.IsCancellationRequested);
}
