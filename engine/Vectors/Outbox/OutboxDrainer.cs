using Microsoft.Extensions.Logging;

namespace Orrery.Engine.Vectors.Outbox;

/// <summary>
/// Makes the calls that wait, each lane's in order, lanes beside one another. What is refused for good is moved aside,
/// whatever else is wrong is tried again later, while other lanes go on.
/// </summary>
internal sealed class OutboxDrainer : IAsyncDisposable
{
    /// <summary>Lanes that may have a call under way at a time.</summary>
    public const int Slots = 16;

    private static readonly TimeSpan _firstWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(2);

    private readonly OutboxFile _outbox;
    private readonly Func<IReadOnlyList<OutboxEntry>, CancellationToken, ValueTask<Delivery>> _deliver;
    private readonly OutboxMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<Lane, Task> _running = [];
    private readonly SemaphoreSlim _slots = new(Slots);
    private readonly CancellationTokenSource _stop = new();

    /// <param name="outbox">What waits.</param>
    /// <param name="deliver">Makes calls of one lane from the first on, as far as it comes.</param>
    /// <param name="time">The clock of waits.</param>
    /// <param name="logger">Hears of trouble.</param>
    public OutboxDrainer(OutboxFile outbox, Func<IReadOnlyList<OutboxEntry>, CancellationToken, ValueTask<Delivery>> deliver, TimeProvider time, ILogger logger)
    {
        _outbox = outbox;
        _deliver = deliver;
        _time = time;
        _logger = logger;
        _metrics = new OutboxMetrics(() => outbox.Records, outbox.Oldest);
        foreach (var lane in outbox.Lanes)
            Start(lane);
    }

    /// <summary>Says that a lane has calls.</summary>
    public void Start(Lane lane)
    {
        lock (_gate)
        {
            if (!_stop.IsCancellationRequested && !_running.ContainsKey(lane))
                _running.Add(lane, Task.Run(() => DrainAsync(lane)));
        }
    }

    /// <summary>Gives what waits a moment to go, then stops. The rest stays for the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        Task all;
        lock (_gate)
            all = Task.WhenAll(_running.Values);
        await Task.WhenAny(all, Task.Delay(_grace, _time));
        lock (_gate)
        {
            _stop.Cancel();
            all = Task.WhenAll(_running.Values);
        }

        await all;
        _stop.Dispose();
        _slots.Dispose();
        _metrics.Dispose();
    }

    private async Task DrainAsync(Lane lane)
    {
        for (var failures = 0; !_stop.IsCancellationRequested;)
        {
            TimeSpan? wait;
            try
            {
                wait = await StepAsync(lane, failures);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A full disk, say: whatever it is, what waits must not be forgotten for it.
                Log.Stumbled(_logger, e, lane.Index, lane.Namespace);
                wait = _longestWait;
            }

            failures = wait is null ? 0 : failures + 1;
            if (wait is { } delay)
                await Task.Delay(delay, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else if (End(lane))
                return;
        }
    }

    /// <summary>Makes the first calls of a lane.</summary>
    /// <returns>Null when they are done with; else how long to wait before the next try.</returns>
    private async ValueTask<TimeSpan?> StepAsync(Lane lane, int failures)
    {
        var entries = await _outbox.FirstAsync(lane, _stop.Token);
        if (entries.Count == 0)
            return null;
        Delivery delivery;
        await _slots.WaitAsync(_stop.Token);
        try
        {
            delivery = await _deliver(entries, _stop.Token);
        }
        finally
        {
            _slots.Release();
        }

        await _outbox.RemoveAsync(entries, delivery.Done);
        for (var i = 0; i < delivery.Done; i++)
            _metrics.Delivered(entries[i]);
        switch (delivery.Error)
        {
            case null:
                return null;
            case { Kind: InferenceErrorKind.Invalid or InferenceErrorKind.TooLarge or InferenceErrorKind.NotFound or InferenceErrorKind.Conflict } refusal:
                var entry = entries[delivery.Done];
                await _outbox.BuryAsync(entry, refusal.Message);
                _metrics.Dead(entry);
                Log.Buried(_logger, lane.Index, lane.Namespace, entry.Call.Method, entry.Call.Path, entry.Call.Records, entry.Sequence, refusal.Message);
                return null;
            case var error:
                if (failures == 0)
                    Log.Waits(_logger, lane.Index, lane.Namespace, error.Message);
                var doubled = _firstWait * Math.Pow(2, Math.Min(delivery.Done > 0 ? 0 : failures, 10));
                var least = doubled < _longestWait ? doubled : _longestWait;
                // Spread, so that lanes that failed together do not come back together.
                return (error.RetryAfter > least ? error.RetryAfter.Value : least) * (1 + (Random.Shared.NextDouble() / 4));
        }
    }

    // Whoever adds a call starts the lane afterwards, so either it is seen here or the lane starts anew.
    private bool End(Lane lane)
    {
        lock (_gate)
        {
            if (_outbox.Holds(lane))
                return false;
            _running.Remove(lane);
        }

        Log.Drained(_logger, lane.Index, lane.Namespace);
        return true;
    }
}

/// <summary>How far the calls of a lane came.</summary>
/// <param name="Done">How many were taken.</param>
/// <param name="Error">Why the next was not; null when all were taken.</param>
internal readonly record struct Delivery(int Done, InferenceError? Error);
