namespace Orrery.Api.Http;

/// <summary>
/// Bounds the bytes that bodies of all requests take together. A body waits for its room, in turn; after a while it is told to come back.
/// Thread-safe.
/// </summary>
/// <param name="limit">Bytes; at least those of one body.</param>
/// <param name="time">Measures the wait.</param>
internal sealed class BytesInFlight(long limit, TimeProvider time)
{
    /// <summary>How long a body waits for its room.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Queue<Waiter> _waiting = new();
    private long _taken;

    /// <summary>Bytes that are taken now.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Takes room.</summary>
    /// <param name="bytes">How much; what is more than the limit counts as the limit.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The bytes that were taken, to be given back; null when there was no room for too long.</returns>
    public ValueTask<long?> TakeAsync(long bytes, CancellationToken cancellation)
    {
        bytes = Math.Min(bytes, limit);
        lock (_gate)
        {
            if (_waiting.Count == 0 && _taken + bytes <= limit)
            {
                _taken += bytes;
                return new(bytes);
            }

            var waiter = new Waiter(bytes);
            _waiting.Enqueue(waiter);
            return new(WaitAsync(waiter, cancellation));
        }
    }

    /// <summary>Gives room back.</summary>
    public void Return(long bytes)
    {
        lock (_gate)
        {
            _taken -= bytes;
            LetIn();
        }
    }

    private async Task<long?> WaitAsync(Waiter waiter, CancellationToken cancellation)
    {
        try
        {
            await waiter.Room.Task.WaitAsync(Patience, time, cancellation);
            return waiter.Bytes;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (_gate)
            {
                if (waiter.Room.Task.IsCompleted)
                {
                    // It came at the last moment.
                    if (e is TimeoutException)
                        return waiter.Bytes;
                    _taken -= waiter.Bytes;
                }

                // Those behind it may fit where it did not.
                waiter.Left = true;
                LetIn();
            }

            if (e is OperationCanceledException)
                throw;
            return null;
        }
    }

    private void LetIn()
    {
        while (_waiting.TryPeek(out var first) && (first.Left || _taken + first.Bytes <= limit))
        {
            _waiting.Dequeue();
            if (first.Left)
                continue;
            _taken += first.Bytes;
            first.Room.SetResult();
        }
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes => bytes;

        public bool Left { get; set; }

        public TaskCompletionSource Room { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
