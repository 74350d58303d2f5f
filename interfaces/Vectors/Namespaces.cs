using System.Collections.Concurrent;
using Orrery.Engine;
using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces.Vectors;

/// <summary>
/// Where namespaces are, as the directory said once. What it said stays true until the namespace is removed; then owners answer that the shard
/// is gone, and it is asked anew.
/// </summary>
internal sealed class Namespaces(ShardCaller caller)
{
    /// <summary>Namespaces remembered at most; beyond that all are forgotten and asked for again, which costs one call each.</summary>
    private const int MaxKnown = 100_000;

    private const int Attempts = 3;

    private readonly ConcurrentDictionary<(string Index, string Name), NamespacePlace> _known = new();

    /// <summary>Does something to a namespace that may not be there.</summary>
    /// <param name="index">The index.</param>
    /// <param name="name">The namespace.</param>
    /// <param name="absent">What is answered when nobody has written to it.</param>
    /// <param name="once">Does it; told that a shard is gone, it is called again with the namespace as it is then.</param>
    /// <param name="cancellation">Gives up.</param>
    public ValueTask<Outcome<T>> WithAsync<T>(string index, string name, T absent, Func<NamespacePlace, ValueTask<Outcome<T>>> once, CancellationToken cancellation)
        where T : class =>
        WithAsync(index, name, place => place.Exists ? once(place) : new ValueTask<Outcome<T>>(absent), cancellation);

    /// <summary>Does something to a namespace, also to one that is not there.</summary>
    public ValueTask<Outcome<T>> WithAsync<T>(string index, string name, Func<NamespacePlace, ValueTask<Outcome<T>>> once, CancellationToken cancellation)
        where T : class => OnCurrentAsync(index, name, null, once, cancellation);

    /// <summary>Does something to a namespace that is made where it is not there.</summary>
    /// <param name="claim">What is going to be written.</param>
    /// <param name="once">Writes it.</param>
    /// <param name="cancellation">Gives up.</param>
    public ValueTask<Outcome<T>> WithAsync<T>(NamespaceClaim claim, Func<NamespacePlace, ValueTask<Outcome<T>>> once, CancellationToken cancellation)
        where T : class => OnCurrentAsync(claim.Index, claim.Name, claim, once, cancellation);

    /// <summary>Forgets where a namespace is.</summary>
    public void Forget(string index, string name) => _known.TryRemove((index, name), out _);

    private async ValueTask<Outcome<T>> OnCurrentAsync<T>(string index, string name, NamespaceClaim? claim, Func<NamespacePlace, ValueTask<Outcome<T>>> once, CancellationToken cancellation)
        where T : class
    {
        for (var attempt = 1; ; attempt++)
        {
            if (!(await FindAsync(index, name, claim, cancellation)).TryGet(out var place, out var error))
                return error;
            var outcome = await once(place);
            if (!ReferenceEquals(outcome.Error, ShardCaller.Gone) || attempt == Attempts)
                return outcome;
            Forget(index, name);
        }
    }

    private async ValueTask<Outcome<NamespacePlace>> FindAsync(string index, string name, NamespaceClaim? claim, CancellationToken cancellation)
    {
        if (_known.TryGetValue((index, name), out var known) && (claim is null || Covers(known, claim)))
            return known;
        var found = await caller.AskDirectoryAsync(directory => claim is null ? directory.FindAsync(index, name) : directory.ClaimAsync(claim, anew: false), cancellation);
        if (found.Value is { Exists: true } place && Array.TrueForAll(place.Stores, store => store is not null))
        {
            if (_known.Count >= MaxKnown)
                _known.Clear();
            _known[(index, name)] = place;
        }

        return found;
    }

    /// <summary>Whether the directory would have nothing to decide.</summary>
    private static bool Covers(NamespacePlace place, NamespaceClaim claim) =>
        place.Dimension == claim.Dimension && (claim.Model is null || place.Model?.Digest == claim.Model.Digest);
}
