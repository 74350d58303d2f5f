using Orrery.Fleet.Routing;

namespace Orrery.Fleet.Tests.Simulation;

/// <summary>
/// A front before silos with a replica each, on virtual milliseconds: calls come evenly, silos are asked for signs of life, and calls are made again by the
/// rules of a front's dispatcher: all of a silo that answers nobody, and those that are late as far as the budget allows.
/// </summary>
internal sealed class FrontSimulation
{
    private const int LookEvery = 50, AskEvery = 100;

    private readonly RouterOptions _options = new();
    private readonly Random _random;
    private readonly Silo[] _silos;
    private readonly Router<Silo> _router;
    private readonly HedgeBudget _budget;
    private readonly List<Call> _open = [];
    private LatencyEstimate _latency;

    public FrontSimulation(int silos, int seed)
    {
        _random = new Random(seed);
        _silos = [.. Enumerable.Range(0, silos).Select(_ => new Silo(_options))];
        _router = new Router<Silo>(_options, static silo => silo.Detector.Silent);
        _router.Update(_silos);
        _budget = new HedgeBudget(_options.HedgeShare);
    }

    /// <summary>Milliseconds that an answer of a silo takes at a moment; it may fall into a time in which the silo is frozen.</summary>
    public Func<int, long, Random, double> Takes { get; init; } = (_, _, random) => 5 + random.NextDouble() * 20;

    /// <summary>Until when a silo is frozen at a moment; the moment itself where it is not.</summary>
    public Func<int, long, long> Frozen { get; init; } = (_, now) => now;

    /// <summary>When each call was made, how long its answer took, and which silo gave it.</summary>
    public List<(long At, double Took, int By)> Answers { get; } = [];

    public int Calls { get; private set; }

    /// <summary>Calls that were made to silos, the second ones included.</summary>
    public int Sent { get; private set; }

    public void Run(long milliseconds, int callsPerSecond)
    {
        for (var now = 0L; now < milliseconds; now++)
        {
            foreach (var silo in _silos)
                Listen(silo, now);
            if (now % (1000 / callsPerSecond) == 0)
                Begin(now);
            foreach (var call in _open.ToList())
                Settle(call, now);
            if (now % LookEvery == 0)
                Look(now);
        }
    }

    private void Listen(Silo silo, long now)
    {
        if (now >= silo.SignAt)
        {
            silo.Detector.Answered(now);
            silo.SignAt = long.MaxValue;
        }

        if (now % AskEvery == 0 && silo.SignAt == long.MaxValue)
        {
            silo.Detector.Asked(now);
            silo.SignAt = End(silo, now, 1);
        }
    }

    private void Begin(long now)
    {
        Calls++;
        _budget.Called();
        var call = new Call(now);
        _open.Add(call);
        Send(call, now);
    }

    private void Send(Call call, long now)
    {
        var chosen = call.Parts.Count > 0
            ? _router.TryChoose(1, now, Bits(), call.Parts[^1].Route.Replica, out var route)
            : _router.TryChoose(1, now, Bits(), out route);
        Assert.True(chosen);
        Sent++;
        call.Parts.Add((route, End(route.Replica, now, Takes(Array.IndexOf(_silos, route.Replica), now, _random))));
    }

    private void Settle(Call call, long now)
    {
        foreach (var (route, at) in call.Parts)
        {
            if (at > now)
                continue;
            var silo = route.Replica;
            silo.Detector.Heard(now);
            route.Answered(0, now);
            foreach (var (other, _) in call.Parts.Where(part => part.At > now))
                other.Lost();
            _latency.Add(now - call.At);
            Answers.Add((call.At, now - call.At, Array.IndexOf(_silos, silo)));
            _open.Remove(call);
            return;
        }
    }

    private void Look(long now)
    {
        foreach (var silo in _silos)
            silo.Detector.Look(now, LookEvery);
        var late = Math.Max(_options.HedgeAfter.TotalMilliseconds, _latency.Above(8));
        foreach (var call in _open)
        {
            var (last, _) = call.Parts[^1];
            if (last.Replica.Detector.Silent && _router.AnyAnswers)
            {
                Send(call, now);
            }
            else if (!call.Doubted && now - call.At >= late)
            {
                call.Doubted = true;
                if (_budget.TryTake())
                    Send(call, now);
            }
        }
    }

    /// <summary>When something that takes a time is done: what a frozen silo has to do, it does when it wakes.</summary>
    private long End(Silo silo, long now, double takes)
    {
        var index = Array.IndexOf(_silos, silo);
        var at = Frozen(index, now) + (long)Math.Ceiling(takes);
        return Frozen(index, at);
    }

    private ulong Bits() => (ulong)_random.NextInt64() << 1 ^ (ulong)_random.NextInt64();

    private sealed class Silo(RouterOptions options) : IEquatable<Silo>
    {
        public SilenceDetector Detector { get; } = new((long)options.Silence.TotalMilliseconds, (long)options.MaxSilence.TotalMilliseconds);

        public long SignAt { get; set; } = long.MaxValue;

        public bool Equals(Silo? other) => ReferenceEquals(this, other);

        public override bool Equals(object? obj) => Equals(obj as Silo);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }

    private sealed class Call(long at)
    {
        public long At => at;

        public List<(Route<Silo> Route, long At)> Parts { get; } = [];

        public bool Doubted { get; set; }
    }
}
