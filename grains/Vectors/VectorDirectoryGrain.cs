using Microsoft.Extensions.Logging;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Grains.Registry;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Vectors;

/// <summary>
/// Remembers indexes, namespaces and where their shards are. What changes them comes one by one, and is answered once it is written; silos' announcements
/// come between.
/// </summary>
[GrainType("vectordirectory"), KeepAlive]
public sealed class VectorDirectoryGrain(
    [PersistentState("vectors", RegistryGrain.Storage)] IPersistentState<DirectoryState> state, ISiloStatusOracle membership, ISiloMetadataCache metadata, VectorOptions options, TimeProvider time,
    ILogger<VectorDirectoryGrain> logger) : Grain, IVectorDirectoryGrain
{
    // A silo that was just lost counts as active until it is missed.
    private static readonly TimeSpan _longestSilence = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);

    private readonly StoreTable _stores = new(membership, metadata);
    private ShardOwners _owners = null!;
    private long _started;
    private Task _written = Task.CompletedTask;
    private bool _settled;
    private bool _defaultRemoved;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _started = time.GetTimestamp();
        _owners = new ShardOwners(GrainFactory, _stores, time);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> AnnounceAsync(StoreReport report)
    {
        _stores.Report(report);
        return Task.FromResult(!state.State.Stores.Contains(report.Store));
    }

    /// <inheritdoc/>
    public async Task AdoptAsync(string store, HeldShard[] held)
    {
        if (!state.State.Stores.Add(store))
            return;
        Log.StoreAdopted(logger, store, held.Length);
        foreach (var shard in held)
            Adopt(store, shard);
        await SaveAsync();
    }

    /// <inheritdoc/>
    public async Task<SiloAddress?> WhereAsync(string store)
    {
        await SettledAsync();
        return _stores.Where(store);
    }

    /// <inheritdoc/>
    public async Task<IndexSpec[]> ListIndexesAsync()
    {
        await SettledAsync();
        Find(options.Index);
        return [.. state.State.Indexes.Values.Select(index => index.Spec).OrderBy(spec => spec.Name, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async Task<Answer<IndexSpec>> CreateIndexAsync(IndexSpec spec)
    {
        await SettledAsync();
        if (RecordCheck.Check(spec) is { } wrong)
            return Refused<IndexSpec>(wrong);
        if (spec.Name == OwnedStore.ReservedIndex || Find(spec.Name) is not null)
            return Refused<IndexSpec>(new(InferenceErrorKind.Conflict, $"index '{spec.Name}' exists already", "name"));
        if (state.State.Indexes.Count >= options.MaxIndexes)
            return Refused<IndexSpec>(RecordCheck.TooManyIndexes(options.MaxIndexes));
        state.State.Indexes[spec.Name] = new KnownIndex { Spec = spec, Shards = options.Shards };
        return await SavedAsync(spec);
    }

    /// <inheritdoc/>
    public async Task<Answer<IndexSpec>> ConfigureIndexAsync(string index, IndexChange change)
    {
        await SettledAsync();
        if (Find(index) is not { } known)
            return Refused<IndexSpec>(RecordCheck.NoIndex(index));
        known.Spec = change.Of(known.Spec);
        return await SavedAsync(known.Spec);
    }

    /// <inheritdoc/>
    public async Task<Answer<IndexSpec>> DeleteIndexAsync(string index)
    {
        await SettledAsync();
        if (Find(index) is not { } known)
            return Refused<IndexSpec>(RecordCheck.NoIndex(index));
        if (known.Spec.DeletionProtected)
            return Refused<IndexSpec>(new(InferenceErrorKind.Conflict, $"index '{index}' is protected from deletion; set deletion_protection to disabled first", "deletion_protection"));
        // All or none, as far as can be told before.
        foreach (var (name, space) in known.Namespaces)
        {
            if (_owners.FirstAway(space.Place(known, name)) is { } away)
                return Refused<IndexSpec>(away);
        }

        foreach (var name in known.Namespaces.Keys.ToList())
        {
            if (await RemoveAsync(known, name) is { } refused)
                return Refused<IndexSpec>(refused);
        }

        state.State.Indexes.Remove(index);
        _defaultRemoved |= index == options.Index;
        return await SavedAsync(known.Spec);
    }

    /// <inheritdoc/>
    public async Task<Answer<NamespacePlace>> FindAsync(string index, string name)
    {
        await SettledAsync();
        if (Find(index) is not { } known)
            return Refused<NamespacePlace>(RecordCheck.NoIndex(index));
        return new() { Value = known.Namespaces.GetValueOrDefault(name) is { Leaving: false } space ? space.Place(known, name) : new NamespacePlace { Index = known.Spec, Name = name } };
    }

    /// <inheritdoc/>
    public async Task<Answer<NamespacePlaces>> ListAsync(string index, string prefix, string? after, int limit)
    {
        await SettledAsync();
        if (Find(index) is not { } known)
            return Refused<NamespacePlaces>(RecordCheck.NoIndex(index));
        if (limit == 0)
            return new() { Value = new NamespacePlaces(known.Spec, [], false, known.Namespaces.Count) };
        var names = new List<string>();
        var total = 0;
        foreach (var (name, space) in known.Namespaces)
        {
            if (space.Leaving || !name.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            total++;
            if (after is null || string.CompareOrdinal(name, after) > 0)
                names.Add(name);
        }

        names.Sort(StringComparer.Ordinal);
        var page = names[..Math.Min(limit, names.Count)];
        return new() { Value = new NamespacePlaces(known.Spec, [.. page.Select(name => known.Namespaces[name].Place(known, name))], page.Count < names.Count, total) };
    }

    /// <inheritdoc/>
    public async Task<Answer<NamespacePlace>> ClaimAsync(NamespaceClaim claim, bool anew)
    {
        await SettledAsync();
        if (Find(claim.Index) is not { } index)
            return Refused<NamespacePlace>(RecordCheck.NoIndex(claim.Index));
        if (index.Namespaces.GetValueOrDefault(claim.Name) is { Leaving: true } && await RemoveAsync(index, claim.Name) is { } leaving)
            return Refused<NamespacePlace>(leaving);
        var known = index.Namespaces.GetValueOrDefault(claim.Name);
        if (anew && known is not null)
            return Refused<NamespacePlace>(new(InferenceErrorKind.Conflict, $"namespace '{claim.Name}' exists already", "name"));
        if (RecordCheck.CheckModel(claim.Name, claim.Model, known?.Model) is { } otherModel)
            return Refused<NamespacePlace>(otherModel);
        if (claim.Dimension is { } given && (index.Spec.Dimension ?? known?.Dimension) is { } wanted && RecordCheck.CheckDimension(given, wanted) is { } otherDimension)
            return Refused<NamespacePlace>(otherDimension);

        KnownNamespace space;
        if (known is null)
        {
            if (!(await MakeAsync(index, claim.Name)).TryGet(out var made, out var refused))
                return Refused<NamespacePlace>(refused);
            space = made;
        }
        else
        {
            space = known;
        }

        space = space with { Dimension = space.Dimension ?? claim.Dimension, Model = space.Model ?? claim.Model };
        if (space == known)
            return new() { Value = space.Place(index, claim.Name) };
        index.Namespaces[claim.Name] = space;
        return await SavedAsync(space.Place(index, claim.Name));
    }

    /// <inheritdoc/>
    public async Task<Answer<NamespacePlace>> DeleteAsync(string index, string name)
    {
        await SettledAsync();
        if (Find(index) is not { } known)
            return Refused<NamespacePlace>(RecordCheck.NoIndex(index));
        if (!known.Namespaces.TryGetValue(name, out var space))
            return Refused<NamespacePlace>(RecordCheck.NoNamespace(name));
        return await RemoveAsync(known, name) is { } refused ? Refused<NamespacePlace>(refused) : new() { Value = space.Place(known, name) };
    }

    /// <summary>An index; the default one is made when it is first looked for, and remembered with the first change.</summary>
    private KnownIndex? Find(string index)
    {
        var indexes = state.State.Indexes;
        if (!indexes.TryGetValue(index, out var known) && index == options.Index && !_defaultRemoved)
            indexes[index] = known = new KnownIndex { Spec = new IndexSpec { Name = index, Metric = options.Metric, Element = options.Element }, Shards = options.Shards };
        return known;
    }

    /// <summary>Gives a namespace its stores, which make its shards before anybody hears of it.</summary>
    private async Task<Outcome<KnownNamespace>> MakeAsync(KnownIndex index, string name)
    {
        var stores = _stores.Choose(index.Shards, state.State);
        if (stores.Length == 0)
            return new InferenceError(InferenceErrorKind.Unavailable, "no silo that keeps vectors is here", "namespace", _longestSilence);
        // Of the clock, so that one that was given and not remembered is not given again.
        state.State.Generation = Math.Max(state.State.Generation + 1, time.GetUtcNow().UtcTicks);
        var space = new KnownNamespace { Generation = state.State.Generation, Stores = stores };
        return await _owners.AllAsync(space.Place(index, name), owner => owner.OpenAsync(index.Spec)) is { } refused ? refused : space;
    }

    /// <summary>Removes a namespace from its stores, and then from memory. What was interrupted goes on with the next call.</summary>
    private async Task<InferenceError?> RemoveAsync(KnownIndex index, string name)
    {
        var space = index.Namespaces[name];
        var place = space.Place(index, name);
        if (_owners.FirstAway(place) is { } away)
            return away;
        if (!space.Leaving)
        {
            index.Namespaces[name] = space with { Leaving = true };
            if (await SaveAsync() is { } unwritten)
                return unwritten;
        }

        if (await _owners.AllAsync(place, owner => owner.CloseAsync()) is { } refused)
            return refused;
        index.Namespaces.Remove(name);
        return await SaveAsync();
    }

    private void Adopt(string store, HeldShard held)
    {
        if (!ShardKey.TryRead(store, held.Index.Name, held.LocalName, out var shard))
            return;
        var indexes = state.State.Indexes;
        if (!indexes.TryGetValue(shard.Index, out var index))
            indexes[shard.Index] = index = new KnownIndex { Spec = held.Index, Shards = shard.Count };
        state.State.Generation = Math.Max(state.State.Generation, shard.Generation);
        var known = index.Namespaces.GetValueOrDefault(shard.Namespace);
        if (known is not null && (known.Generation > shard.Generation || Array.TrueForAll(known.Stores, one => one is not null)))
        {
            // What a start that failed left behind, or another cluster's.
            if (known.Generation != shard.Generation || known.Stores[shard.Number] != store)
                Log.ShardUnknown(logger, store, held.LocalName, shard.Index);
            return;
        }

        if (known is null || known.Generation < shard.Generation)
            known = new KnownNamespace { Generation = shard.Generation, Stores = new string?[shard.Count] };
        var stores = (string?[])known.Stores.Clone();
        stores[shard.Number] = store;
        index.Namespaces[shard.Namespace] = known with { Stores = stores, Dimension = known.Dimension ?? held.Dimension, Model = known.Model ?? held.Model };
    }

    /// <summary>Waits until every silo has announced its store, and what is in it is known: before that this knows less than there is.</summary>
    private async Task SettledAsync()
    {
        while (!_settled && !_stores.HaveAll(state.State.Stores) && time.GetElapsedTime(_started) < _longestSilence)
            await Task.Delay(_look, time);
        _settled = true;
    }

    private async Task<Answer<T>> SavedAsync<T>(T value)
        where T : class => await SaveAsync() is { } unwritten ? Refused<T>(unwritten) : new Answer<T> { Value = value };

    private async Task<InferenceError?> SaveAsync()
    {
        // One after another, also where a store is taken up between two turns of something else.
        var (before, mine) = (_written, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _written = mine.Task;
        await before;
        try
        {
            await state.WriteStateAsync();
            return null;
        }
        catch (Exception e)
        {
            // Whatever the storage throws: what is in memory now is more than is written, so the next activation begins with what is.
            Log.DirectoryUnwritten(logger, e);
            DeactivateOnIdle();
            return new InferenceError(InferenceErrorKind.Unavailable, $"the directory of vectors cannot write its state: {e.Message}", null, _longestSilence);
        }
        finally
        {
            mine.SetResult();
        }
    }

    private static Answer<T> Refused<T>(InferenceError error)
        where T : class => new() { Error = error };
}
