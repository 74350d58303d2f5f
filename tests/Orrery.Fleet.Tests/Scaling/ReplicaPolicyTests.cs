using FsCheck;
using FsCheck.Fluent;
using Orrery.Fleet.Scaling;

namespace Orrery.Fleet.Tests.Scaling;

public sealed class ReplicaPolicyTests
{
    private static readonly ReplicaOptions _options = new() { MinReplicas = 0, MaxReplicas = 20, IdleTimeout = TimeSpan.FromMinutes(5) };
    private ReplicaState _state = ReplicaState.Initial;
    private double _now;

    [Fact]
    public void Orders_one_replica_at_once_for_a_request_that_finds_none()
    {
        Assert.Equal(0, Decide(Idle() with { LastRequest = TimeSpan.FromHours(-1) }));
        Assert.Equal(1, Decide(Idle() with { InFlight = 10, ArrivalRate = 10, QueueDelay = TimeSpan.FromSeconds(1), Capacity = 0 }));
    }

    [Fact]
    public void Goes_to_zero_only_after_the_idle_time()
    {
        for (_now = 0; _now < 299; _now++)
            Assert.Equal(1, Decide(Idle() with { Ready = 1 }));
        _now = 300;
        Assert.Equal(0, Decide(Idle() with { Ready = 1 }));
    }

    [Fact]
    public void Never_goes_to_zero_without_an_idle_time()
    {
        var options = _options with { IdleTimeout = TimeSpan.Zero };
        for (_now = 0; _now < 7200; _now += 10)
            Assert.Equal(1, Decide(Idle() with { Ready = 1 }, options));
    }

    [Fact]
    public void Goes_up_within_two_decisions_and_down_only_after_the_window()
    {
        var replicas = Settle(2, 2);
        _now += 2;
        Decide(Load(10, replicas));
        _now++;
        replicas = Decide(Load(10, replicas));
        Assert.True(replicas >= 10, $"{replicas}");
        var up = _now;
        while (replicas > 3)
        {
            _now++;
            replicas = Decide(Load(2, replicas));
        }
        Assert.InRange(_now - up, _options.StabilizationWindow.TotalSeconds, 6 * _options.StabilizationWindow.TotalSeconds);
    }

    [Fact]
    public void Adds_replicas_when_the_queue_says_so_even_though_the_measured_capacity_would_do()
    {
        Settle(3, 4);
        _now++;
        Assert.True(Decide(Load(3, 4) with { QueueDelay = TimeSpan.FromSeconds(5) }) > 4);
    }

    [Fact]
    public void Keeps_replicas_until_the_backlog_is_gone()
    {
        Settle(2, 10);
        for (var i = 0; i < 300; i++, _now++)
            Assert.True(Decide(Load(2, 10) with { InFlight = 500, QueueDelay = TimeSpan.FromSeconds(5) }) >= 10);
    }

    [Fact]
    public void Orders_no_more_for_a_rising_load_than_twice_its_level()
    {
        var options = _options with { MaxReplicas = 1000 };
        var most = 0;
        for (var replicas = 5; _now < 60; _now++)
            most = Math.Max(most, Decide(Load(5 + _now, replicas) with { WarmUp = TimeSpan.FromMinutes(10) }, options));
        Assert.InRange(most, 66, 2.5 * 65);
    }

    [Fact]
    public void Does_not_mistake_noise_for_a_load_that_grows()
    {
        var random = new System.Random(3);
        var replicas = 10;
        var (least, most) = (int.MaxValue, 0);
        for (; _now < 3600; _now++)
        {
            replicas = Decide(Load(8 + 0.3 * (random.NextDouble() + random.NextDouble() - 1), replicas));
            if (_now > 300)
                (least, most) = (Math.Min(least, replicas), Math.Max(most, replicas));
        }
        Assert.Equal((9, 9), (least, most));
    }

    [Fact]
    public void Any_signals_give_a_number_between_the_bounds_and_the_same_one_again() => Prop.ForAll(
        ArbMap.Default.ArbFor<(NormalFloat, NormalFloat, NonNegativeInt)[]>(), ArbMap.Default.ArbFor<(byte, byte, byte, byte)>(),
        (loads, numbers) =>
        {
            var (min, extra, ready, starting) = numbers;
            var options = _options with { MinReplicas = min, MaxReplicas = min + extra + 1, IdleTimeout = TimeSpan.Zero };
            var (state, now) = (ReplicaState.Initial, 0.0);
            foreach (var (rate, capacity, delay) in loads)
            {
                now += 0.001 + Math.Abs(rate.Item) % 10;
                var signals = new ReplicaSignals(TimeSpan.FromSeconds(now), Math.Abs(rate.Item), TimeSpan.FromMilliseconds(delay.Item), delay.Item,
                    Math.Abs(capacity.Item), ready, starting, TimeSpan.FromSeconds(delay.Item % 60), TimeSpan.FromSeconds(now));
                var decision = ReplicaPolicy.Decide(state, signals, options);
                Assert.InRange(decision.Desired, options.MinReplicas, options.MaxReplicas);
                Assert.InRange(decision.Sustained, options.MinReplicas, decision.Desired);
                Assert.Equal(decision.Desired, ReplicaPolicy.Decide(state, signals, options).Desired);
                state = decision.State;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Refuses_options_out_of_range_by_name()
    {
        Assert.Null(new ReplicaOptions().Validate());
        Assert.StartsWith("MaxReplicas", new ReplicaOptions { MaxReplicas = 0 }.Validate(), StringComparison.Ordinal);
        Assert.StartsWith("MinReplicas", new ReplicaOptions { MinReplicas = 9 }.Validate(), StringComparison.Ordinal);
        Assert.StartsWith("TargetUtilization", new ReplicaOptions { TargetUtilization = double.NaN }.Validate(), StringComparison.Ordinal);
        Assert.StartsWith("QueueDelayLimit", new ReplicaOptions { QueueDelayLimit = TimeSpan.FromMilliseconds(1) }.Validate(), StringComparison.Ordinal);
        Assert.StartsWith("StabilizationWindow", new ReplicaOptions { StabilizationWindow = TimeSpan.FromHours(1) }.Validate(), StringComparison.Ordinal);
    }

    private ReplicaSignals Idle() => new(TimeSpan.FromSeconds(_now), 0, TimeSpan.Zero, 0, 1, 0, 0, TimeSpan.FromSeconds(10), TimeSpan.Zero);

    private ReplicaSignals Load(double rate, int ready) => Idle() with { ArrivalRate = rate, Ready = ready, LastRequest = TimeSpan.FromSeconds(_now) };

    private int Decide(ReplicaSignals signals, ReplicaOptions? options = null)
    {
        var decision = ReplicaPolicy.Decide(_state, signals, options ?? _options);
        _state = decision.State;
        return decision.Desired;
    }

    /// <summary>Ten minutes of the same load with a little noise.</summary>
    private int Settle(double rate, int replicas)
    {
        for (var end = _now + 600; _now < end; _now++)
            Decide(Load(rate * (1 + 0.02 * Math.Sin(_now * 7)), replicas));
        return replicas;
    }
}
