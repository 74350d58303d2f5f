namespace Orrery.Cluster.Tests.Membership;

/// <summary>A clock that moves when told, and whose timers run when told: while a process is frozen its clock goes on and nothing runs.</summary>
internal sealed class StillTime : TimeProvider
{
    private readonly List<Waiting> _timers = [];
    private long _now = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    /// <summary>Only the clock.</summary>
    public void Pass(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);

    /// <summary>Only the timers: those that were to run after at most a time.</summary>
    /// <returns>Whether there were any.</returns>
    public bool Run(TimeSpan longest)
    {
        List<Waiting> due;
        lock (_timers)
            due = _timers.FindAll(timer => timer.Due <= longest);
        foreach (var timer in due)
        {
            timer.Dispose();
            timer.Callback(timer.State);
        }

        return due.Count > 0;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Waiting(_timers, callback, state, dueTime);
        lock (_timers)
            _timers.Add(timer);
        return timer;
    }

    private sealed record Waiting(List<Waiting> All, TimerCallback Callback, object? State, TimeSpan Due) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
            lock (All)
                All.RemoveAll(timer => ReferenceEquals(timer, this));
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
