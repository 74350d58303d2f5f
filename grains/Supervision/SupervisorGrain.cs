using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orrery.Engine;
using Orrery.Fleet.Placement;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Supervision;

/// <summary>
/// One model's supervisor. It keeps a list of replicas, which silos' own reports correct, and at every tick does what is missing between
/// that list and what is wanted. Nothing is kept over restarts: silos know what they hold.
/// </summary>
[KeepAlive, Reentrant]
public sealed class SupervisorGrain(FleetOptions options, TimeProvider time, ILogger<SupervisorGrain> logger) : Grain, ISupervisorGrain
{
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _decideEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _tellEvery = TimeSpan.FromSeconds(2);

    // Fronts and silos have taken over a view by then; what a slower one still sends is answered by "gone" and sent elsewhere.
    private static readonly TimeSpan _viewTravels = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _tryAgain = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _probeTimeout = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, ManagedReplica> _replicas = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (InferenceError Error, long At)> _refused = new(StringComparer.Ordinal);
    private readonly Demand _demand = new(options.Replicas);
    private readonly List<TaskCompletionSource<Answer<Value<ModelInfo>>>> _waiting = [];
    private string _model = "";
    private ModelOrders? _orders;
    private ModelView? _view;
    private long _began;
    private long _decidedAt;
    private long _toldAt;
    private int _desired;
    private bool _noPlace;
    private string _serving = "";
    private ReplicaReport? _known;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _model = this.GetPrimaryKeyString();
        _began = time.GetTimestamp();
        _desired = Math.Max(1, options.Replicas.MinReplicas);
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(_tick, _tick) { Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<ModelView> UpdateAsync(ModelOrders orders)
    {
        var another = _orders?.Target != orders.Target;
        _orders = orders;
        Adopt(orders.Silos);
        if (another)
        {
            // Asked anew, it is tried anew.
            _refused.Clear();
            Step();
        }

        var target = Target(orders);
        return Task.FromResult(View(target, target is null ? null : PoolFor(target, orders.Silos)));
    }

    /// <inheritdoc/>
    public Task WakeAsync()
    {
        _demand.Wake();
        _decidedAt = 0;
        Step();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<Answer<Value<ModelInfo>>> SettledAsync()
    {
        var waiting = new TaskCompletionSource<Answer<Value<ModelInfo>>>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add(waiting);
        Step();
        return await waiting.Task;
    }

    private Task TickAsync(CancellationToken cancellation)
    {
        Step();
        return Task.CompletedTask;
    }

    private void Step()
    {
        if (_orders is not { } orders)
            return;
        Probe();
        if (_decidedAt == 0 || time.GetElapsedTime(_decidedAt) >= _decideEvery)
        {
            _decidedAt = time.GetTimestamp();
            _desired = _demand.Decide(time.GetElapsedTime(_began), _replicas.Values);
            // A version sleeps only once it has proved itself: whoever asks for it then must know that it will answer.
            if (_known is null || _known.Info.Digest != orders.Target)
                _desired = Math.Max(1, _desired);
        }

        var target = Target(orders);
        var pool = target is null ? null : PoolFor(target, orders.Silos);
        Reconcile(orders, target, pool);
        var view = View(target, pool);
        Settle(view);
        if (_view is null || !Same(view, _view) || time.GetElapsedTime(_toldAt) >= _tellEvery)
        {
            (_view, _toldAt) = (view, time.GetTimestamp());
            _ = TellAsync(view);
        }
    }

    /// <summary>Not waited for: the registry waits for this grain when it brings orders, and may be on its way to another silo.</summary>
    private async Task TellAsync(ModelView view)
    {
        try
        {
            await GrainFactory.GetGrain<IRegistryGrain>(0).PublishAsync(_model, view);
        }
        catch (Exception e) when (RemoteFault.Is(e))
        {
            // The silo's agent, which reports more often, says so. The next tick tells it again.
            _toldAt = 0;
        }
    }

    private static FoundModel? Target(ModelOrders orders) => orders.Target is { } digest ? Array.Find(orders.Versions, version => version.Digest == digest) : null;

    /// <summary>Corrects the list by what silos say: replicas that another activation of this supervisor started, and those whose silo is lost.</summary>
    private void Adopt(SiloReport[] silos)
    {
        var alive = new HashSet<SiloAddress>();
        foreach (var silo in silos)
        {
            alive.Add(silo.Silo);
            foreach (var view in silo.Replicas)
            {
                if (ReplicaKey.Parse(view.Key).Model != _model)
                    continue;
                if (!_replicas.TryGetValue(view.Key, out var replica))
                {
                    _replicas[view.Key] = replica = new ManagedReplica(view.Key, silo.Silo, GrainFactory.GetGrain<IModelGrain>(view.Key));
                    _ = ProbeAsync(replica);
                }

                (replica.Load, replica.AnsweredTokens) = (view.Load, view.AnsweredTokens);
            }
        }

        foreach (var replica in _replicas.Values.Where(replica => !alive.Contains(replica.Silo)).ToList())
        {
            Log.ReplicaLost(logger, replica.Key, replica.Silo, "its silo is lost");
            _replicas.Remove(replica.Key);
        }
    }

    private void Probe()
    {
        foreach (var replica in _replicas.Values)
        {
            if (replica is { Phase: ReplicaPhase.Ready, Probing: false } && time.GetElapsedTime(replica.ProbedAt) >= options.ProbeEvery)
                _ = ProbeAsync(replica);
        }
    }

    private async Task ProbeAsync(ManagedReplica replica)
    {
        (replica.Probing, replica.ProbedAt) = (true, time.GetTimestamp());
        string reason;
        try
        {
            var answer = await replica.Grain.ProbeAsync().WaitAsync(_probeTimeout, time);
            if (answer.Value is { } report)
            {
                replica.Report = report;
                replica.FailedProbes = 0;
                if (replica.Phase == ReplicaPhase.Starting)
                    replica.Phase = ReplicaPhase.Ready;
                return;
            }

            if (answer.Gone)
            {
                _replicas.Remove(replica.Key);
                return;
            }

            reason = answer.Error!.Message;
        }
        catch (Exception e) when (RemoteFault.Is(e))
        {
            reason = e.Message;
        }
        finally
        {
            replica.Probing = false;
        }

        if (++replica.FailedProbes >= options.FailedProbes && replica.Phase != ReplicaPhase.Draining)
        {
            Log.ReplicaLost(logger, replica.Key, replica.Silo, reason);
            BeginDraining(replica);
        }
    }

    /// <summary>The pool a version runs in now; null when neither its own nor one it may fall back to has a silo.</summary>
    private static string? PoolFor(FoundModel version, SiloReport[] silos) =>
        Array.Exists(silos, silo => silo.Pool == version.Pool && !silo.Draining) ? version.Pool
        : version.Fallback && Array.Exists(silos, silo => silo.Pool == Pools.Cpu && !silo.Draining) ? Pools.Cpu
        : null;

    private void Reconcile(ModelOrders orders, FoundModel? target, string? pool)
    {
        var draining = new HashSet<SiloAddress>(orders.Silos.Where(silo => silo.Draining).Select(silo => silo.Silo));
        var current = _replicas.Values.Where(replica => replica.Digest == target?.Digest && replica.Phase != ReplicaPhase.Draining && !draining.Contains(replica.Silo)).ToList();
        var ready = current.Count(replica => replica.Answers);
        var wanted = target is null ? 0 : _desired;

        _noPlace = false;
        if (target is not null && pool is not null && target.Reason is null && !RefusedLately(target.Digest))
        {
            for (var missing = wanted - current.Count; missing > 0 && !_noPlace; missing--)
                _noPlace = !TryStart(orders, target, pool);
        }

        // Silos that came later take over from those that are crowded: one more there, and one is surplus.
        var zones = orders.Silos.ToDictionary(silo => silo.Silo, silo => silo.Zone);
        if (target is not null && pool is not null && wanted > 1 && ready == wanted && _replicas.Count == wanted && current.TrueForAll(replica => zones.ContainsKey(replica.Silo)))
            TryStart(orders, target, pool, place => Spread.Improves(place, current.ConvertAll(replica => replica.Silo), zones));

        // Surplus leaves from where there is most of it.
        foreach (var replica in Spread.BySurplus(current.FindAll(replica => replica.Answers), zones).Take(Math.Max(0, ready - wanted)))
            BeginDraining(replica);

        // Others leave once enough of the wanted ones answer; those on a leaving silo also when there is no place for one in their stead.
        var enough = target is null || (ready >= Math.Min(wanted, 1) && ready >= Math.Min(wanted, _replicas.Values.Count(replica => replica.Answers && replica.Digest == _serving)));
        foreach (var replica in _replicas.Values)
        {
            if (replica.Answers && !current.Contains(replica) && (enough || (draining.Contains(replica.Silo) && (_noPlace || pool is null))))
                BeginDraining(replica);
        }

        foreach (var replica in _replicas.Values)
        {
            if (replica is { Phase: ReplicaPhase.Draining, Stopping: false } && time.GetElapsedTime(replica.DrainingSince) >= _viewTravels)
                _ = StopAsync(replica);
        }
    }

    private bool TryStart(ModelOrders orders, FoundModel version, string pool, Func<SiloAddress, bool>? accept = null)
    {
        var holders = orders.Holders.GetValueOrDefault(version.Digest, []);
        var own = _replicas.Values.Where(replica => replica.Phase != ReplicaPhase.Draining).ToList();
        var silos = new List<SiloInfo>();
        foreach (var silo in orders.Silos)
        {
            if (!holders.Contains(silo.Silo))
                continue;
            var facts = SiloFacts.Of(silo);
            // What is on its way there, or not reported yet, takes room too.
            foreach (var starting in own.Where(replica => replica.Silo.Equals(silo.Silo) && !silo.Replicas.Any(view => view.Key == replica.Key)))
                facts = facts with { Replicas = facts.Replicas.Add(new PlacedReplica(_model, MemoryOf(version), 1)) };
            silos.Add(facts);
        }

        if (ReplicaPlacement.Choose(new PlacedReplica(_model, MemoryOf(version), 1), pool, silos).Silo is not { } chosen)
            return false;
        var place = orders.Silos.First(silo => silo.Silo.ToParsableString() == chosen.Id).Silo;
        if (accept?.Invoke(place) == false)
            return false;
        var key = new ReplicaKey(_model, version.Digest, pool, Guid.NewGuid().ToString("N")[..8]).ToString();
        var started = new ManagedReplica(key, place, GrainFactory.GetGrain<IModelGrain>(key));
        _replicas[key] = started;
        _ = StartAsync(started, version);
        return true;
    }

    private async Task StartAsync(ManagedReplica replica, FoundModel version)
    {
        try
        {
            RequestContext.Set(Orleans.Runtime.Placement.IPlacementDirector.PlacementHintKey, replica.Silo);
            var answer = await replica.Grain.StartAsync(new StartReplica(version));
            if (answer.Value is { } report && report.Silo.Equals(replica.Silo))
            {
                (replica.Report, replica.Load, replica.Phase, replica.ProbedAt) = (report, answer.Load, ReplicaPhase.Ready, time.GetTimestamp());
                Step();
                return;
            }

            _replicas.Remove(replica.Key);
            if (answer.Error is { } error)
                _refused[version.Digest] = (error, time.GetTimestamp());
        }
        catch (Exception e) when (RemoteFault.Is(e))
        {
            Log.ReplicaLost(logger, replica.Key, replica.Silo, e.Message);
            _replicas.Remove(replica.Key);
        }
    }

    private void BeginDraining(ManagedReplica replica)
    {
        if (replica.Phase != ReplicaPhase.Draining)
            (replica.Phase, replica.DrainingSince) = (ReplicaPhase.Draining, time.GetTimestamp());
    }

    private async Task StopAsync(ManagedReplica replica)
    {
        replica.Stopping = true;
        try
        {
            await replica.Grain.StopAsync();
        }
        catch (Exception e) when (RemoteFault.Is(e))
        {
            Log.ReplicaLost(logger, replica.Key, replica.Silo, e.Message);
        }

        _replicas.Remove(replica.Key);
    }

    private bool RefusedLately(string digest) => _refused.TryGetValue(digest, out var refused) && time.GetElapsedTime(refused.At) < _tryAgain;

    private long MemoryOf(FoundModel version)
    {
        foreach (var replica in _replicas.Values)
        {
            if (replica.Digest == version.Digest && replica.Report is { } report)
                return report.Memory;
        }

        // Before the first is measured: the files, and as much again for what runs need.
        return version.FileBytes * 2;
    }

    private ModelView View(FoundModel? target, string? pool)
    {
        var answering = _replicas.Values.Where(replica => replica.Answers).ToList();
        var onTarget = answering.Find(replica => replica.Digest == target?.Digest);
        // Traffic goes over at once, when as many of the new version answer as of the old, or as are wanted.
        if (_serving != target?.Digest && onTarget is not null
            && answering.Count(replica => replica.Digest == target!.Digest) >= Math.Min(_desired, Math.Max(1, answering.Count(replica => replica.Digest == _serving))))
            _serving = target!.Digest;
        var shown = answering.Find(replica => replica.Digest == _serving) ?? onTarget ?? answering.FirstOrDefault();
        if (target is not null && shown?.Report is { } report)
        {
            (_serving, _known) = (report.Info.Digest, report);
            return Placed(report.Info, report.Aliases, report.Detectors, target, pool);
        }

        // Without replicas because nobody asks, it answers whoever does: as soon as one is loaded.
        if (target is not null && pool is not null && _desired == 0 && _known?.Info.Digest == target.Digest)
            return Placed(_known.Info, _known.Aliases, _known.Detectors, target, pool) with { Asleep = true };

        var info = new ModelInfo { Name = _model, State = ModelState.Unloaded, Reason = "unloaded", Digest = target?.Digest ?? "", Path = target?.Directory ?? "" };
        if (target is not null)
        {
            info = target switch
            {
                { Reason: { } broken } => info with { State = ModelState.Failed, Reason = broken },
                _ when pool is null => info with { State = ModelState.Failed, Reason = $"no silo of pool '{target.Pool}' is here" },
                _ when RefusedLately(target.Digest) => info with { State = ModelState.Failed, Reason = _refused[target.Digest].Error.Message },
                _ when _noPlace && _replicas.Count == 0 => info with { State = ModelState.Loading, Reason = $"waiting for room in pool '{pool}'" },
                _ => info with { State = ModelState.Loading, Reason = "loading" },
            };
        }

        return Placed(info, [], [], target, pool);
    }

    private ModelView Placed(ModelInfo info, string[] aliases, DetectorInfo[] detectors, FoundModel? target, string? pool) => new()
    {
        Info = info,
        Aliases = aliases,
        Detectors = detectors,
        Replicas = [.. _replicas.Values.Select(replica => replica.View)],
        Desired = target is null ? 0 : _desired,
        Pool = pool ?? target?.Pool ?? Pools.Cpu,
        Memory = target is null ? 0 : MemoryOf(target),
        Compute = _demand.Utilization,
        Sustained = target is null ? 0 : Math.Min(_demand.Sustained, _desired),
    };

    private void Settle(ModelView view)
    {
        if (_waiting.Count == 0 || _orders is not { } orders)
            return;
        Answer<Value<ModelInfo>>? answer = view.Info.State switch
        {
            _ when orders.Target is null => _replicas.Count == 0 ? new() { Value = new Value<ModelInfo> { It = view.Info } } : null,
            ModelState.Ready when view.Info.Digest == orders.Target => new() { Value = new Value<ModelInfo> { It = view.Info } },
            ModelState.Failed => new() { Error = Refusal(view.Info.Reason!) },
            ModelState.Ready when RefusedLately(orders.Target) => new() { Error = Refusal(_refused[orders.Target].Error.Message) },
            _ => null,
        };
        if (answer is not { } settled)
            return;
        foreach (var waiting in _waiting)
            waiting.SetResult(settled);
        _waiting.Clear();
    }

    private InferenceError Refusal(string reason) =>
        new(InferenceErrorKind.ModelNotReady, reason.StartsWith("model '", StringComparison.Ordinal) ? reason : $"model '{_model}' cannot be loaded: {reason}", "model");

    /// <summary>Whether fronts would route alike: loads alone change nothing.</summary>
    private static bool Same(ModelView a, ModelView b) =>
        a.Info.Digest == b.Info.Digest && a.Info.State == b.Info.State && a.Info.Reason == b.Info.Reason && a.Desired == b.Desired && a.Asleep == b.Asleep && a.Pool == b.Pool
        && a.Replicas.Length == b.Replicas.Length && a.Replicas.Zip(b.Replicas).All(pair => pair.First.Key == pair.Second.Key && pair.First.Phase == pair.Second.Phase);
}
