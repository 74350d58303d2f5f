using Orrery.Engine.Batching;

namespace Orrery.Engine.Tests.Batching;

public sealed class SimulationTests
{
    private const int Sessions = 2;
    private const double Rate = 20_000;
    private const double MeanLength = 20.5;
    private static readonly BatchPolicy _policy = new(MaxTokens: 512, MaxItems: 256, MaxPadding: 0.04, MinTokens: 64, BulkEvery: 8);
    private static readonly QueueLimits _limits = new(1 << 20, TimeSpan.FromSeconds(1));

    [Fact]
    public void An_unloaded_server_answers_each_text_as_soon_as_it_is_computed()
    {
        var result = Run(Poisson(1, load: 0.01, seconds: 60));
        Assert.Equal(0, result.Refused);
        Assert.True(result.Latency(0.5) < 0.005, $"p50 {result.Latency(0.5)}");
    }

    [Fact]
    public void A_busy_server_refuses_nobody_and_keeps_the_wait_short()
    {
        var result = Run(Poisson(2, load: 0.8, seconds: 60));
        Assert.Equal(0, result.Refused);
        Assert.True(result.Latency(0.99) < 0.25, $"p99 {result.Latency(0.99)}");
    }

    [Theory]
    [InlineData(0.8)]
    [InlineData(3.0)]
    public void Padding_stays_under_five_per_cent(double load)
    {
        var result = Run(Poisson(3, load, seconds: 60));
        Assert.True(result.Padding < 0.05, $"padding {result.Padding:P2}");
    }

    [Fact]
    public void At_three_times_the_load_it_keeps_working_at_full_speed_and_refuses_the_rest()
    {
        var peak = Run(Poisson(4, load: 1.0, seconds: 60)).GoodTokensPerSecond;
        var result = Run(Poisson(4, load: 3.0, seconds: 60));
        Assert.True(result.GoodTokensPerSecond > 0.95 * peak, $"{result.GoodTokensPerSecond} of {peak}");
        Assert.InRange((double)result.Refused / result.Offered, 0.55, 0.75);
    }

    [Fact]
    public void Nothing_admitted_waits_longer_than_the_limit_and_what_may_overtake_it()
    {
        var result = Run(Poisson(5, load: 3.0, seconds: 60));
        var bound = _limits.MaxDelay.TotalSeconds + ((_policy.Window + (2 * Sessions * _policy.MaxTokens)) / Rate);
        Assert.True(result.Latency(1.0) < bound, $"max {result.Latency(1.0)}, bound {bound}");
    }

    [Fact]
    public void A_request_with_a_short_deadline_is_refused_rather_than_queued_to_die()
    {
        var result = Run(Poisson(6, load: 3.0, seconds: 30, timeout: TimeSpan.FromMilliseconds(200)));
        Assert.True(result.Expired < 0.02 * result.Served.Count, $"{result.Expired} expired of {result.Served.Count} served");
        Assert.True(result.Latency(0.99) < 0.3, $"p99 {result.Latency(0.99)}");
    }

    [Fact]
    public void A_burst_is_worked_off_in_the_order_it_came_within_the_time_it_needs()
    {
        var random = new Random(7);
        var burst = Enumerable.Range(0, 500).Select(i => Text(random, i * 1e-6)).ToArray();
        var result = Run(burst);
        var needed = burst.Sum(text => text.Length) / Rate;
        Assert.Equal(0, result.Refused);
        Assert.True(result.Seconds < needed * 1.1, $"{result.Seconds} s for {needed} s of work");
    }

    [Fact]
    public void Interactive_work_is_not_slowed_by_a_flood_of_bulk_work_and_bulk_work_is_not_starved()
    {
        var bulk = Poisson(8, load: 0.6, seconds: 30, priority: Priority.Bulk);
        var interactive = Poisson(9, load: 0.6, seconds: 30);
        var result = Run(bulk.Concat(interactive).OrderBy(text => text.Arrival));
        Assert.True(result.Latency(0.95) < 0.4, $"interactive p95 {result.Latency(0.95)}");
        Assert.True(result.Latency(1.0, Priority.Bulk) < 4, $"slowest bulk {result.Latency(1.0, Priority.Bulk)}");
        Assert.True(result.Served.Count(text => text.Priority == Priority.Bulk) > 0.25 * result.Served.Count);
    }

    [Fact]
    public void The_same_trace_gives_the_same_result()
    {
        var first = Run(Poisson(10, load: 1.5, seconds: 10));
        var second = Run(Poisson(10, load: 1.5, seconds: 10));
        Assert.Equal(first.Served.Select(text => text.Latency), second.Served.Select(text => text.Latency));
    }

    private static SimulationResult Run(IEnumerable<SimulatedText> trace) =>
        new Simulation(_policy, _limits, Sessions, Rate, secondsPerRun: 100e-6).Run(trace);

    private static IEnumerable<SimulatedText> Poisson(int seed, double load, double seconds, Priority priority = Priority.Interactive, TimeSpan? timeout = null)
    {
        var random = new Random(seed);
        var rate = load * Rate / MeanLength;
        for (var at = 0.0; at < seconds; at += -Math.Log(1 - random.NextDouble()) / rate)
            yield return Text(random, at, priority, timeout);
    }

    /// <summary>Nine questions of 6 to 24 tokens to one paragraph of 40 to 100: mean 20.5.</summary>
    private static SimulatedText Text(Random random, double at, Priority priority = Priority.Interactive, TimeSpan? timeout = null) => new()
    {
        Length = random.Next(10) == 0 ? random.Next(40, 101) : random.Next(6, 25),
        Arrival = at,
        Priority = priority,
        Timeout = timeout,
    };
}
