using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Vectors;

/// <summary>
/// The writes that a store has done of late, by name. Whoever hears nothing of a write makes it again by another way, and the one before may yet come: when
/// a frozen silo wakes, after newer writes to the same records were acknowledged. So each is done once, and answered alike however often it comes. Safe for threads.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="most">How many are remembered; above 0. Beyond that the oldest are forgotten.</param>
internal sealed class RecentWrites(TimeProvider time, int most = 100_000)
{
    // A silo that was frozen for longer is no member any more, and its calls are not taken.
    private static readonly TimeSpan _kept = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Shard, Guid Operation), Task> _writes = [];
    private readonly Queue<(KeyValuePair<(string Shard, Guid Operation), Task> Write, long At)> _order = [];

    /// <summary>Does a write, or waits for the one of the same name. One that was refused or failed may be done anew.</summary>
    /// <param name="name">The shard, and the write's name.</param>
    /// <param name="write">Does it. Not cancelled when its caller goes: another may wait for it.</param>
    /// <param name="cancellation">The caller waits no longer.</param>
    public Task<Answer<T>> OnceAsync<T>((string Shard, Guid Operation) name, Func<CancellationToken, Task<Answer<T>>> write, CancellationToken cancellation)
        where T : class
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            Forget(most, now);
            if (_writes.TryGetValue(name, out var known))
                return ((Task<Answer<T>>)known).WaitAsync(cancellation);
            Forget(most - 1, now);
            var doing = DoAsync(name, write);
            // One that has failed already is not kept.
            if (doing.IsCompleted && !IsDone(doing))
                return doing;
            _writes[name] = doing;
            _order.Enqueue((new(name, doing), now));
            return doing.WaitAsync(cancellation);
        }
    }

    private void Forget(int left, long now)
    {
        while (_order.TryPeek(out var oldest) && (_order.Count > left || time.GetElapsedTime(oldest.At, now) >= _kept))
            // One that failed and was made again has another entry, by which it is forgotten later.
            ((ICollection<KeyValuePair<(string Shard, Guid Operation), Task>>)_writes).Remove(_order.Dequeue().Write);
    }

    private async Task<Answer<T>> DoAsync<T>((string Shard, Guid Operation) name, Func<CancellationToken, Task<Answer<T>>> write)
        where T : class
    {
        var done = false;
        try
        {
            var answer = await write(CancellationToken.None);
            done = answer.Value is not null;
            return answer;
        }
        finally
        {
            if (!done)
            {
                lock (_gate)
                    _writes.Remove(name);
            }
        }
    }

    private static bool IsDone<T>(Task<Answer<T>> task)
        where T : class => task.IsCompletedSuccessfully && task.Result.Value is not null;
}
