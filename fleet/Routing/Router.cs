namespace Orrery.Fleet.Routing;

/// <summary>
/// Chooses the replica of a request: of two at random the one with less load. Source: M. Mitzenmacher, "The power of two choices in randomized
/// load balancing", 2001. The set of replicas is replaced whole; choosing takes no lock and allocates nothing.
/// </summary>
/// <typeparam name="TReplica">Names a replica: two that are equal are the same one.</typeparam>
public sealed class Router<TReplica>(RouterOptions options) where TReplica : notnull, IEquatable<TReplica>
{
    private readonly long _freshness = (long)options.Freshness.TotalMilliseconds;
    private (TReplica Replica, ReplicaLoad Load)[] _entries = [];

    /// <summary>Replicas to choose from.</summary>
    public int Count => Volatile.Read(ref _entries).Length;

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

    /// <summary>Chooses a replica and counts the request on it. False when there is none.</summary>
    /// <param name="tokens">Estimated tokens of the request; not negative.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    /// <param name="random">64 random bits.</param>
    /// <param name="route">To be ended by exactly one of its methods.</param>
    public bool TryChoose(int tokens, long now, ulong random, out Route<TReplica> route)
    {
        var entries = Volatile.Read(ref _entries);
        if (entries.Length == 0)
        {
            route = default;
            return false;
        }
        Take(entries, Pick(entries, now, random), tokens, out route);
        return true;
    }

    /// <summary>As <see cref="TryChoose(int, long, ulong, out Route{TReplica})"/>, but not the one that has just failed, unless it is the only one.</summary>
    public bool TryChoose(int tokens, long now, ulong random, TReplica failed, out Route<TReplica> route)
    {
        var entries = Volatile.Read(ref _entries);
        if (entries.Length == 0)
        {
            route = default;
            return false;
        }
        var index = Pick(entries, now, random);
        if (entries[index].Replica.Equals(failed) && entries.Length > 1)
            // The next in order: after a loss all requests of the lost one are spread by their own first choices anyway.
            index = (index + 1 + (int)(random % (uint)(entries.Length - 1))) % entries.Length;
        Take(entries, index, tokens, out route);
        return true;
    }

    private static void Take((TReplica Replica, ReplicaLoad Load)[] entries, int index, int tokens, out Route<TReplica> route)
    {
        var (replica, load) = entries[index];
        load.Sent(tokens);
        route = new(replica, load, tokens);
    }

    private int Pick((TReplica Replica, ReplicaLoad Load)[] entries, long now, ulong random)
    {
        var count = (uint)entries.Length;
        if (count == 1)
            return 0;
        // Two different ones, each pair as likely as any other (multiply and shift instead of a division).
        var first = (int)((random >> 32) * count >> 32);
        var second = (int)((random & uint.MaxValue) * (count - 1) >> 32);
        if (second >= first)
            second++;
        return entries[second].Load.Estimate(now, _freshness) < entries[first].Load.Estimate(now, _freshness) ? second : first;
    }
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
