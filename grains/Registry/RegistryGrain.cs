using Microsoft.Extensions.Logging;
using Orleans.Storage;
using Orrery.Engine;
using Orrery.Fleet.Scaling;
using Orrery.Grains.Membership;
using Orrery.Grains.Replicas;
using Orrery.Grains.Supervision;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Registry;

/// <summary>Knows silos and models, tells supervisors, and gives fronts the view they route by.</summary>
[GrainType("registry"), KeepAlive]
public sealed class RegistryGrain(
    [PersistentState("catalogue", RegistryGrain.Storage)] IPersistentState<CatalogueState> catalogue, ISiloStatusOracle membership, MembershipLease lease, ReplicaHost host, FleetOptions options,
    TimeProvider time, ILogger<RegistryGrain> logger)
    : Grain, IRegistryGrain
{
    /// <summary>The storage provider's name.</summary>
    public const string Storage = "orrery";

    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(100);

    // Silos report four times a second.
    private static readonly TimeSpan _silence = TimeSpan.FromMilliseconds(1500);

    // A supervisor that has just come to life on another silo.
    private static readonly TimeSpan _longestSupervisors = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _repeat = TimeSpan.FromMilliseconds(500);

    // A silo that was just lost counts as active until it is missed.
    private static readonly TimeSpan _longestSilence = TimeSpan.FromSeconds(5);

    // Loads are for people to look at: replies carry those that fronts route by.
    private static readonly TimeSpan _refresh = TimeSpan.FromSeconds(5);

    // Whoever asks takes a longer silence for this grain's end.
    private static readonly TimeSpan _longestWatch = TimeSpan.FromSeconds(1);

    // A supervisor answers from memory. What the others say is published meanwhile.
    private static readonly TimeSpan _longestTell = TimeSpan.FromSeconds(2);

    private readonly SiloTable _silos = new(_silence);
    private readonly Dictionary<string, ModelView> _views = new(StringComparer.Ordinal);
    private readonly HashSet<SiloAddress> _leaving = [];
    private readonly PoolSizes _pools = new(options.Pools);
    private Trials? _trials;
    private ClusterView _view = new() { Version = new ViewVersion(Guid.NewGuid(), 0), Silos = [], Models = [], Detectors = [], Pools = [] };
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _started;
    private long _told;
    private long _published;
    private long _scan;
    private Task _written = Task.CompletedTask;
    private bool _settled;
    private bool _unwritten;
    private bool _tellSupervisors;
    private bool _changedView = true;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _started = time.GetTimestamp();
        Log.RegistryHere(logger, GrainContext.Address.SiloAddress!);
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(_tick, _tick) { Interleave = true });
        // A timer of its own, which publishes too: the other one waits for supervisors, which may be on the silo that is silent.
        this.RegisterGrainTimer(ListenAsync, new GrainTimerCreationOptions(_tick, _tick) { Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<ClusterView?> WatchAsync(ViewVersion known)
    {
        if (!IsNews())
        {
            // A leaving silo lets watchers go: the next activation, elsewhere, counts anew. Those that come yet are kept a moment, or they would ask without a pause.
            await Task.WhenAny(_changed.Task, host.Draining ? Task.Delay(_tick, time) : Task.Delay(_longestWatch, time, host.DrainToken));
        }

        return IsNews() ? _view : null;

        // Without the lease another registry may have said more since.
        bool IsNews() => known != _view.Version && _settled && lease.Held;
    }

    /// <inheritdoc/>
    public Task<SiloOrders> ReportAsync(SiloReport report)
    {
        var (known, changed) = _silos.Report(report, Milliseconds());
        if (changed)
            (_tellSupervisors, _changedView) = (true, true);
        return Task.FromResult(new SiloOrders(!known, _scan, lease.Held && _leaving.Contains(report.Silo), _silos.IsAlone(report.Silo)));
    }

    /// <inheritdoc/>
    public Task PublishAsync(string model, ModelView view)
    {
        // A repeat that says nothing new is no change: every front and silo would be sent the whole view for it.
        _changedView |= !_views.TryGetValue(model, out var old) || !view.RoutesAs(old);
        _views[model] = view;
        return Task.CompletedTask;
    }

    private Trials Trials => _trials ??= new(catalogue.State.Trials, time);

    /// <inheritdoc/>
    public async Task<TrialAnswer> BeginTrialAsync(string model, string digest, SiloAddress silo)
    {
        var answer = Trials.Begin(model, digest, silo, out var changed);
        Trials.Forget(known => _silos.Versions().Values.Any(versions => versions.Exists(version => version.Digest == known)));
        // A storage that hangs keeps no model from being served: what it does not take now is written later.
        if (changed)
            await Task.WhenAny(SaveAsync(), Task.Delay(_longestTell, time));
        return answer;
    }

    /// <inheritdoc/>
    public async Task EndTrialAsync(string digest, SiloAddress silo, TrialOutcome outcome, string? reason)
    {
        if (!Trials.End(digest, silo, outcome, reason))
            return;
        if (outcome == TrialOutcome.Quarantined)
            Log.Quarantined(logger, digest, reason ?? "");
        await Task.WhenAny(SaveAsync(), Task.Delay(_longestTell, time));
    }

    /// <inheritdoc/>
    public async Task<Answer<Value<ModelInfo>>> LoadAsync(string model)
    {
        if (Undecided() is { } undecided)
            return new Answer<Value<ModelInfo>> { Error = undecided };
        // What was put into the directories a moment ago counts.
        var scan = ++_scan;
        var deadline = time.GetTimestamp() + (5 * time.TimestampFrequency);
        while (_silos.Silos.Any(silo => silo.Scan < scan) && time.GetTimestamp() < deadline)
            await Task.Delay(_tick, time);
        // One that a supervisor still tells of may have gone from the folders.
        if (NameOf(model) is not { } name || !_silos.Versions().TryGetValue(name, out var versions))
            return new Answer<Value<ModelInfo>> { Error = NoModel(model) };
        var digest = versions[0].Digest;
        return await ServeAsync(name, new CatalogueEntry(digest, Served: true), Trials.Free(digest));
    }

    /// <inheritdoc/>
    public async Task<Answer<Value<ModelInfo>>> UnloadAsync(string model)
    {
        if (Undecided() is { } undecided)
            return new Answer<Value<ModelInfo>> { Error = undecided };
        if (NameOf(model) is not { } name || !catalogue.State.Models.TryGetValue(name, out var entry))
            return new Answer<Value<ModelInfo>> { Error = NoModel(model) };
        return await ServeAsync(name, entry with { Served = false });
    }

    /// <inheritdoc/>
    public Task<SiloAddress?> DrainOneAsync(string pool)
    {
        if (!lease.Held)
            return Task.FromResult<SiloAddress?>(null);
        var silos = _silos.Silos.Select(silo => SiloFacts.Of(silo) with { Draining = silo.Draining || _leaving.Contains(silo.Silo) }).ToList();
        if (PoolPolicy.ToDrain(pool, silos) is not { } chosen)
            return Task.FromResult<SiloAddress?>(null);
        var leaving = SiloFacts.Find(_silos.Silos, chosen.Id);
        _leaving.Add(leaving);
        Log.Draining(logger, leaving);
        return Task.FromResult<SiloAddress?>(leaving);
    }

    private async Task<Answer<Value<ModelInfo>>> ServeAsync(string model, CatalogueEntry entry, bool anew = false)
    {
        // It may have lapsed while silos were waited for.
        if (Undecided() is { } undecided)
            return new Answer<Value<ModelInfo>> { Error = undecided };
        catalogue.State.Models[model] = entry;
        if (await SaveAsync() is { } unwritten)
            return new Answer<Value<ModelInfo>> { Error = unwritten };
        if (!_silos.Versions().TryGetValue(model, out var versions))
            return new Answer<Value<ModelInfo>> { Error = NoModel(model) };
        await TellAsync(model, versions, LightSilos(), anew);
        while (true)
        {
            var answer = await GrainFactory.GetGrain<ISupervisorGrain>(model).SettledAsync();
            if (!answer.Gone)
                return answer;
            // The supervisor's silo leaves, and the next activation goes on. Where it is this grain's too, the caller asks anew.
            if (host.Draining)
                return new Answer<Value<ModelInfo>> { Error = new(InferenceErrorKind.ModelNotReady, $"model '{model}' is being changed while the registry moves; try again", "model", _repeat) };
            await Task.Delay(_repeat, time);
        }
    }

    private Task ListenAsync(CancellationToken cancellation)
    {
        if (_silos.Listen(Milliseconds(), (long)_tick.TotalMilliseconds))
            (_tellSupervisors, _changedView) = (true, true);
        if (lease.Held && _settled)
            PublishNews();
        return Task.CompletedTask;
    }

    private void PublishNews()
    {
        var pools = _pools.Decide(time.GetElapsedTime(_started), _silos.Silos, _views.Values);
        if (_changedView || time.GetElapsedTime(_published) >= _refresh || !pools.AsSpan().SequenceEqual(_view.Pools))
            Publish(pools);
    }

    /// <summary>Why nothing may be changed here now; null when it may.</summary>
    private InferenceError? Undecided() =>
        lease.Held ? null : new(InferenceErrorKind.Unavailable, "the registry's silo is not known to be a member of the cluster at the moment; try again", null, _repeat);

    private long Milliseconds() => (long)time.GetElapsedTime(_started).TotalMilliseconds;

    private async Task TickAsync(CancellationToken cancellation)
    {
        // What fronts and supervisors know stands meanwhile; another registry may be telling them more.
        if (!lease.Held || (!_settled && !HaveAllReported()))
            return;
        if (_silos.Keep(silo => membership.GetApproximateSiloStatus(silo) is SiloStatus.Active or SiloStatus.ShuttingDown))
            (_tellSupervisors, _changedView) = (true, true);
        foreach (var suspect in Trials.Look(silo => membership.GetApproximateSiloStatus(silo) is SiloStatus.Joining or SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping))
        {
            Log.Suspect(logger, suspect.Model, suspect.Reason!);
            _unwritten = true;
        }

        _leaving.RemoveWhere(silo => !_silos.Silos.Any(one => one.Silo.Equals(silo)));
        if (_tellSupervisors || time.GetElapsedTime(_told) >= _repeat)
        {
            _tellSupervisors = false;
            _told = time.GetTimestamp();
            await TellAllAsync();
        }

        // A model without its supervisor's word would be said not to exist.
        if (!_settled && _silos.Versions().Keys.Any(model => !_views.ContainsKey(model)) && time.GetElapsedTime(_started) < _longestSupervisors)
            return;
        if (_settled)
            return;
        // In one turn: a watcher in between would be told the view of before, which is empty.
        (_settled, _changedView) = (true, true);
        PublishNews();
    }

    /// <summary>
    /// Whether every silo has said what it holds. Until then a registry that has just come to life knows less than the one before it, whose
    /// view fronts and supervisors had better keep.
    /// </summary>
    private bool HaveAllReported()
    {
        foreach (var (silo, _) in membership.GetApproximateSiloStatuses(onlyActive: true))
        {
            if (!_silos.Silos.Any(report => report.Silo.Equals(silo)))
                return time.GetElapsedTime(_started) >= _longestSilence;
        }

        return _silos.Silos.Count > 0;
    }

    private async Task TellAllAsync()
    {
        var versions = _silos.Versions();
        var known = catalogue.State.Models;
        foreach (var (model, found) in versions)
        {
            var entry = known.GetValueOrDefault(model) ?? new CatalogueEntry("", Served: true);
            if (known.ContainsKey(model) && found.Exists(one => one.Digest == entry.Digest))
                continue;
            known[model] = entry with { Digest = found[0].Digest };
            _unwritten = true;
        }

        // A storage that hangs must not keep from fronts what the silos say.
        if (_unwritten && _written.IsCompleted)
            await Task.WhenAny(SaveAsync(), Task.Delay(_longestTell, time));

        var silos = LightSilos();
        foreach (var gone in _views.Keys.Where(model => !versions.ContainsKey(model)).ToList())
        {
            _views.Remove(gone);
            _changedView = true;
            await TellAsync(gone, new ModelOrders(null, [], silos, []));
        }

        await Task.WhenAll(versions.Select(pair => TellAsync(pair.Key, pair.Value, silos)));
    }

    private async Task TellAsync(string model, List<FoundModel> versions, SiloReport[] silos, bool anew = false)
    {
        var entry = catalogue.State.Models[model];
        // One that published meanwhile knows better.
        if (await TellAsync(model, new ModelOrders(entry.Served ? entry.Digest : null, [.. versions], silos, _silos.Holders(model), OthersPending(model), Vacated(model), anew, Trials: true)) is { } view && _views.TryAdd(model, view))
            _changedView = true;
    }

    private async Task<ModelView?> TellAsync(string model, ModelOrders orders)
    {
        try
        {
            return await GrainFactory.GetGrain<ISupervisorGrain>(model).UpdateAsync(orders).WaitAsync(_longestTell, time);
        }
        catch (Exception e)
        {
            // Its silo may just have been lost; the next tick tells it anew. Whatever it was, the other models go on.
            Log.SupervisionFailed(logger, e, model);
            return null;
        }
    }

    /// <summary>Writes the catalogue. What the storage does not take now is written at a later tick: until then it holds in memory, and models are served.</summary>
    /// <returns>Why it is not written; null when it is.</returns>
    private async Task<InferenceError?> SaveAsync()
    {
        // One after another: a load may come while a tick writes.
        var (before, mine) = (_written, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        (_written, _unwritten) = (mine.Task, true);
        await before;
        try
        {
            // What is changed from here on may not be in it.
            _unwritten = false;
            await catalogue.WriteStateAsync();
            return null;
        }
        catch (Exception e)
        {
            _unwritten = true;
            // Whatever the storage throws. Where another registry has written since this one read, that one is right.
            Log.CatalogueUnwritten(logger, e);
            if (e is InconsistentStateException)
                DeactivateOnIdle();
            return new InferenceError(InferenceErrorKind.Unavailable, $"the catalogue cannot be written: {e.Message}", null, _longestSilence);
        }
        finally
        {
            mine.SetResult();
        }
    }

    private bool OthersPending(string model)
    {
        var pool = _views.GetValueOrDefault(model)?.Pool;
        foreach (var (name, view) in _views)
        {
            if (name != model && view.Pool == pool && view is { Desired: > 0, Asleep: false, Info.State: ModelState.Loading } && !Array.Exists(view.Replicas, replica => replica.Phase == ReplicaPhase.Ready))
                return true;
        }

        return false;
    }

    private SiloAddress? Vacated(string model)
    {
        foreach (var (name, view) in _views.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (name != model && view.Vacate is { } silo)
                return silo;
        }

        return null;
    }

    private void Publish(PoolView[] pools)
    {
        (_changedView, _published) = (false, time.GetTimestamp());
        var models = _views.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => OnSilos(pair.Value)).ToArray();
        _view = new ClusterView
        {
            Version = _view.Version with { Number = _view.Version.Number + 1 },
            Silos = LightSilos(),
            Models = models,
            Detectors = [.. _silos.Detectors().Select(detector => Stand(detector, models))],
            Pools = pools,
        };
        var old = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        old.SetResult();
    }

    /// <summary>A model's view without replicas of silos that are gone, which its supervisor may not have been told yet.</summary>
    private ModelView OnSilos(ModelView view) => Array.TrueForAll(view.Replicas, replica => _silos.Has(replica.Silo))
        ? view
        : view with { Replicas = [.. view.Replicas.Where(replica => _silos.Has(replica.Silo))] };

    /// <summary>The silos without their models and detectors, which the view has merged.</summary>
    private SiloReport[] LightSilos() => [.. _silos.Silos.OrderBy(silo => silo.Silo).Select(silo => silo with { Models = null, Detectors = null })];

    /// <summary>A detector as it stands in the cluster: ready over a replica, or why not.</summary>
    private static DetectorInfo Stand(DetectorInfo detector, ModelView[] models)
    {
        foreach (var model in models)
        {
            foreach (var ready in model.Detectors)
            {
                if (ready.Name == detector.Name && ready.Digest == detector.Digest)
                    return ready;
            }
        }

        // A folder that could not be read says why itself.
        if (detector.Digest.Length == 0)
            return detector;
        var named = Array.Find(models, model => model.Info.Name == detector.Model || model.Aliases.Contains(detector.Model));
        return detector.Unready(named?.Info);
    }

    private string? NameOf(string model) =>
        _views.ContainsKey(model) || _silos.Versions().ContainsKey(model) ? model : _views.FirstOrDefault(pair => pair.Value.Aliases.Contains(model)).Key;

    private static InferenceError NoModel(string model) => new(InferenceErrorKind.ModelNotFound, $"model '{model}' does not exist", "model");
}
