namespace Orrery.Engine.Tests.Pinecone;

/// <summary>A clock, of dates too, that moves only when told. Its ticks are microseconds.</summary>
internal sealed class VirtualTime : TimeProvider
{
    private static readonly DateTimeOffset _start = new(2026, 4, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly List<Alarm> _alarms = [];
    private TimeSpan _now;

    public override long TimestampFrequency => 1_000_000;

    /// <summary>How long it has run.</summary>
    public TimeSpan Now
    {
        get
        {
            lock (_gate)
                return _now;
        }
    }

    public override long GetTimestamp() => (long)Now.TotalMicroseconds;

    public override DateTimeOffset GetUtcNow() => _start + Now;

    public void Advance(TimeSpan by)
    {
        List<Alarm> due;
        lock (_gate)
        {
            _now += by;
            due = _alarms.FindAll(alarm => alarm.Due <= _now);
            foreach (var alarm in due)
                alarm.Due = TimeSpan.MaxValue;
        }

        foreach (var alarm in due)
            alarm.Ring();
    }

    /// <summary>Lets time pass, in small steps between which everything that can go on does, until something has ended.</summary>
    public async Task<T> PassAsync<T>(ValueTask<T> work)
    {
        var task = work.AsTask();
        await PassUntilAsync(() => task.IsCompleted);
        return await task;
    }

    /// <summary>Lets time pass until something holds, an hour at most.</summary>
    public async Task PassUntilAsync(Func<bool> holds)
    {
        for (var end = Now + TimeSpan.FromHours(1); !holds(); Advance(NextStep()))
        {
            Assert.True(Now < end, "an hour went by in vain");
            // Real time, in which other threads get their turn; nothing is measured by it.
            for (var i = 0; i < 3 && !holds(); i++)
                await Task.Delay(1);
        }
    }

    // To the next alarm if it is near: it rings at its time, and not a step later.
    private TimeSpan NextStep()
    {
        lock (_gate)
        {
            var step = _step;
            foreach (var alarm in _alarms)
            {
                if (alarm.Due - _now < step)
                    step = alarm.Due - _now;
            }

            return step;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, period);
        var alarm = new Alarm(this, callback, state);
        lock (_gate)
            _alarms.Add(alarm);
        alarm.Change(dueTime, period);
        return alarm;
    }

    private sealed class Alarm(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; set; } = TimeSpan.MaxValue;

        public void Ring() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
                Due = dueTime == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : time._now + dueTime;
            return true;
        }

        public void Dispose()
        {
            lock (time._gate)
                time._alarms.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
