using Orrery.Fleet.Routing;

namespace Orrery.Fleet.Tests.Routing;

public sealed class RouterTests
{
    private readonly Router<string> _router = new(new RouterOptions());
    private readonly Random _random = new(1);

    [Fact]
    public void Finds_nothing_where_nothing_is() => Assert.False(_router.TryChoose(1, 0, 0, out _));

    [Fact]
    public void Chooses_the_less_loaded_of_two()
    {
        _router.Update(["a", "b"]);
        var busy = Choose(1000).Replica;
        for (var i = 0; i < 100; i++)
        {
            var other = Choose(1);
            Assert.NotEqual(busy, other.Replica);
        }
    }

    [Fact]
    public void What_a_reply_says_replaces_what_was_known()
    {
        _router.Update(["a", "b"]);
        var first = Choose(1000);
        first.Answered(load: 0, now: 0);
        var second = Choose(10);
        second.Answered(load: 5000, now: 0);
        Assert.NotEqual(second.Replica, Choose(10).Replica);
    }

    [Fact]
    public void A_replica_that_was_busy_is_asked_again_when_the_news_is_old()
    {
        _router.Update(["a", "b"]);
        var busy = Choose(10);
        busy.Answered(load: 100_000, now: 0);
        var seen = new HashSet<string>();
        for (var now = 2000; now < 2020; now++)
            if (_router.TryChoose(10, now, Bits(), out var route))
                seen.Add(route.Replica);
        Assert.Contains(busy.Replica, seen);
    }

    [Fact]
    public void A_lost_request_no_longer_counts()
    {
        _router.Update(["a"]);
        var route = Choose(100);
        route.Lost();
        Assert.Equal(0, route.Load.Estimate(0, 1000));
    }

    [Fact]
    public void Tries_another_replica_after_one_failed_unless_there_is_none()
    {
        _router.Update(["a", "b", "c"]);
        for (var i = 0; i < 200; i++)
        {
            Assert.True(_router.TryChoose(1, 0, Bits(), "b", out var route));
            Assert.NotEqual("b", route.Replica);
        }
        _router.Update(["b"]);
        Assert.True(_router.TryChoose(1, 0, Bits(), "b", out var only));
        Assert.Equal("b", only.Replica);
    }

    [Fact]
    public void Asks_a_silent_one_only_where_all_are()
    {
        var silent = new HashSet<string> { "b" };
        var router = new Router<string>(new RouterOptions(), silent.Contains);
        router.Update(["a", "b", "c"]);
        for (var i = 0; i < 200; i++)
        {
            Assert.True(router.TryChoose(1000, 0, Bits(), out var route));
            Assert.NotEqual("b", route.Replica);
            // Rather the one that failed than one that answers nobody.
            Assert.True(router.TryChoose(1, 0, Bits(), "a", out route));
            Assert.Equal("c", route.Replica);
        }

        silent.Add("c");
        Assert.True(router.AnyAnswers);
        Assert.True(router.TryChoose(1, 0, Bits(), "a", out var failed));
        Assert.Equal("a", failed.Replica);
        silent.Add("a");
        Assert.False(router.AnyAnswers);
        Assert.True(router.TryChoose(1, 0, Bits(), out _));
    }

    [Fact]
    public void Keeps_what_it_knows_of_replicas_that_stay()
    {
        _router.Update(["a"]);
        Choose(500);
        _router.Update(["a", "b"]);
        Assert.Equal("b", Choose(1).Replica);
    }

    [Fact]
    public void Spreads_equal_requests_almost_evenly()
    {
        _router.Update([.. Enumerable.Range(0, 16).Select(i => $"replica {i}")]);
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 16_000; i++)
        {
            var replica = Choose(10).Replica;
            counts[replica] = counts.GetValueOrDefault(replica) + 1;
        }
        // Power of two choices: the fullest is above the mean by about log log n, not by its square root.
        Assert.InRange(counts.Values.Max(), 1000, 1010);
        Assert.InRange(counts.Values.Min(), 990, 1000);
    }

    [Fact]
    public void Loses_no_token_under_concurrent_requests()
    {
        _router.Update(["a", "b", "c", "d"]);
        Parallel.For(0, 8, worker =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 20_000; i++)
            {
                Assert.True(_router.TryChoose(i % 100, i, (ulong)random.NextInt64() * 2, out var route));
                if (i % 10 == 0)
                    route.Lost();
                else
                    route.Answered(0, i);
            }
        });
        for (var i = 0; i < 100; i++)
        {
            _router.TryChoose(0, 0, Bits(), out var route);
            Assert.Equal(0, route.Load.InFlight);
        }
    }

    [Fact]
    public void Chooses_without_allocating()
    {
        _router.Update(["a", "b", "c"]);
        Choose(1).Answered(1, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _router.TryChoose(1, i, (ulong)i * 0x9E3779B97F4A7C15, out var route);
            route.Answered(1, i);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private ulong Bits() => (ulong)_random.NextInt64() * 2;

    private Route<string> Choose(int tokens)
    {
        Assert.True(_router.TryChoose(tokens, 0, Bits(), out var route));
        return route;
    }
}
