namespace Orrery.Fleet.Routing;

/// <summary>
/// Chooses the replica of a request: of two at random the one with less load. Source: M. Mitzenmacher, "The power of two choices in randomized
/// load balancing", 2001. One that answers nobody is passed over while there is another. The set of replicas is replaced whole; choosing takes no
/// lock and allocates nothing.
/// </summary>
/// <typeparam name="TReplica">Names a replica: two that are equal are the same one.</typeparam>
/// <param name="options">Valid ones.</param>
/// <param name="silent">Whether a replica answers nobody; null where that is not known.</param>
public sealed class Router<TReplica>(RouterOptions options, Func<TReplica, bool>? silent = null) where TReplica : notnull, IEquatable<TReplica>
{
    private readonly long _freshness = (long)options.Freshness.TotalMilliseconds;
    private (TReplica Replica, ReplicaLoad Load)[] _entries = [];

    /// <summary>Replicas to choose from.</summary>
    public int Count => Volatile.Read(ref _entries).Length;

    /// <summary>Whether any of them answers, as far as is known.</summary>
    public bool AnyAnswers
    {
        get
        {
            foreach (var (replica, _) in Volatile.Read(ref _entries))
            {
                if (!IsSilent(replica))
                    return true;
            }

            return false;
        }
    }

    /// <summary>From now on these are the replicas; what is known of those that stay is kept. Not from two threads at once.</summary>
    public void Update(IReadOnlyList<TReplica> replicas)
    {
        var known = new Dictionary<TReplica, ReplicaLoad>();
        foreach (var (replica, load) in _entries)
            known[replica] = load;
        var entries = new (TReplica, ReplicaLoad)[replicas.Count];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = (replicas[i], known.TryGetValue(replicas[i], out var load) ? load : new ReplicaLoad());
        Volatile.Write(ref _entries, entries);
    }

    /// <summary>Chooses a replica and counts the request on it. False when there is none. A silent one is chosen only where all are.</summary>
    /// <param name="tokens">Estimated tokens of the request; not negative.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    /// <param name="random">64 random bits.</param>
    /// <param name="route">To be ended by exactly one of its methods.</param>
    public bool TryChoose(int tokens, long now, ulong random, out Route<TReplica> route) => TryChoose(tokens, now, random, default, false, out route);

    /// <summary>As <see cref="TryChoose(int, long, ulong, out Route{TReplica})"/>, but not the one that has just failed, unless it is the only one that answers.</summary>
    public bool TryChoose(int tokens, long now, ulong random, TReplica failed, out Route<TReplica> route) => TryChoose(tokens, now, random, failed, true, out route);

    private bool TryChoose(int tokens, long now, ulong random, TReplica? failed, bool anyFailed, out Route<TReplica> route)
    {
        var entries = Volatile.Read(ref _entries);
        if (entries.Length == 0)
        {
            route = default;
            return false;
        }

        var (replica, load) = entries[Pick(entries, now, random, failed, anyFailed)];
        load.Sent(tokens);
        route = new(replica, load, tokens);
        return true;
    }

    private int Pick((TReplica Replica, ReplicaLoad Load)[] entries, long now, ulong random, TReplica? failed, bool anyFailed)
    {
        var count = (uint)entries.Length;
        if (count == 1)
            return 0;
        // Two different ones, each pair as likely as any other (multiply and shift instead of a division).
        var first = (int)((random >> 32) * count >> 32);
        var second = (int)((random & uint.MaxValue) * (count - 1) >> 32);
        if (second >= first)
            second++;
        var best = entries[second].Load.Estimate(now, _freshness) < entries[first].Load.Estimate(now, _freshness) ? second : first;
        if (Fits(best))
            return best;
        var other = best == first ? second : first;
        if (Fits(other))
            return other;
        // Any that fits, from a random place on; else the one that failed rather than one that answers nobody.
        var answers = -1;
        for (var i = 0; i < entries.Length; i++)
        {
            var index = (first + i) % entries.Length;
            if (Fits(index))
                return index;
            if (answers < 0 && !IsSilent(entries[index].Replica))
                answers = index;
        }

        return answers >= 0 ? answers : best;

        bool Fits(int index) => !IsSilent(entries[index].Replica) && !(anyFailed && entries[index].Replica.Equals(failed!));
    }

    private bool IsSilent(TReplica replica) => silent is not null && silent(replica);
}

/// <summary>A request on its way to a replica.</summary>
/// <param name="Replica">Where it goes.</param>
/// <param name="Load">What is known of that replica's load.</param>
/// <param name="Tokens">What is counted there.</param>
public readonly record struct Route<TReplica>(TReplica Replica, ReplicaLoad Load, int Tokens)
{
    /// <summary>The replica answered, and said its load in tokens.</summary>
    public void Answered(long load, long now) => Load.Answered(Tokens, load, now);

    /// <summary>The replica will not answer.</summary>
    public void Lost() => Load.Lost(Tokens);
}
