using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orrery.Engine;
using Orrery.Fleet.Placement;
using Orrery.Grains.Membership;
using Orrery.Grains.Replicas;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Supervision;

/// <summary>
/// One model's supervisor. It keeps a list of replicas, which silos' own reports correct, and at every tick does what is missing between
/// that list and what is wanted. Nothing is kept over restarts: silos know what they hold.
/// </summary>
[GrainType("supervisor"), KeepAlive, Reentrant]
public sealed class SupervisorGrain(MembershipLease lease, FleetOptions options, ReplicaHost host, TimeProvider time, ILogger<SupervisorGrain> logger) : Grain, ISupervisorGrain
{
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _decideEvery = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan _tellEvery = TimeSpan.FromSeconds(2);

    // Less than the registry waits for this grain's word.
    private static readonly TimeSpan _longestProof = TimeSpan.FromMilliseconds(1500);

    private readonly Demand _demand = new(options.Replicas);
    private readonly List<TaskCompletionSource<Answer<Value<ModelInfo>>>> _waiting = [];
    private string _model = "";
    private ReplicaSet _replicas = null!;
    private ModelOrders? _orders;
    private ModelView? _view;
    private long _began;
    private long _decidedAt;
    private long _toldAt;
    private int _desired;
    private bool _noPlace;
    private bool _settled;
    private bool _fresh;
    private string _serving = "";
    private ReplicaReport? _known;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _model = this.GetPrimaryKeyString();
        _began = time.GetTimestamp();
        _desired = 1;
        _replicas = new ReplicaSet(_model, GrainFactory, GrainFactory.GetGrain<IRegistryGrain>(0), options, Step, time, logger);
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(_tick, _tick) { Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<ModelView> UpdateAsync(ModelOrders orders)
    {
        var another = _orders?.Target != orders.Target;
        (_orders, _fresh, _replicas.Trials) = (orders, true, orders.Trials);
        _replicas.Adopt(orders.Silos);
        if (!_settled)
        {
            // Just come to life, it does not know yet which of the replicas that there are answer, and with which detectors: what the one before it said stands.
            await _replicas.ProvedAsync().WaitAsync(_longestProof, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            _settled = true;
        }

        if (another || orders.Anew)
        {
            // Asked anew, it is tried anew.
            _replicas.ForgetRefusals();
            Step();
        }

        var target = Target(orders);
        return View(target, target is null ? null : PoolFor(target, orders.Silos));
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
        // A leaving silo lets callers go: they ask the next activation, elsewhere.
        await ((Task)waiting.Task).WaitAsync(host.DrainToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (waiting.Task.IsCompleted)
            return await waiting.Task;
        _waiting.Remove(waiting);
        return new Answer<Value<ModelInfo>> { Gone = true };
    }

    private Task TickAsync(CancellationToken cancellation)
    {
        Step();
        return Task.CompletedTask;
    }

    private void Step()
    {
        if (_orders is not { } orders || !_settled || !lease.Held)
            return;
        _replicas.Probe();
        // Once a report of the silos, and not oftener: between two of them nothing seems to arrive.
        if (_decidedAt == 0 || (_fresh && time.GetElapsedTime(_decidedAt) >= _decideEvery))
        {
            (_decidedAt, _fresh) = (time.GetTimestamp(), false);
            _desired = _demand.Decide(time.GetElapsedTime(_began), _replicas.All, Least(orders));
            // A version sleeps only once it has proved itself: whoever asks for it then must know that it will answer.
            if (_known is null || _known.Info.Digest != orders.Target)
                _desired = Math.Max(1, _desired);
        }

        var target = Target(orders);
        var pool = target is null ? null : PoolFor(target, orders.Silos);
        Reconcile(orders, target, pool);
        var view = View(target, pool);
        Settle(view);
        if (_view is null || !view.RoutesAs(_view) || time.GetElapsedTime(_toldAt) >= _tellEvery)
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
        catch (Exception e)
        {
            // The next registry is told by the next step.
            Log.RegistrySilent(logger, e.Message);
            _view = null;
        }
    }

    private static FoundModel? Target(ModelOrders orders) => orders.Target is { } digest ? Array.Find(orders.Versions, version => version.Digest == digest) : null;

    /// <summary>The pool a version runs in now; null when neither its own nor one it may fall back to has a silo.</summary>
    private static string? PoolFor(FoundModel version, SiloReport[] silos) =>
        Array.Exists(silos, silo => silo.Pool == version.Pool && !silo.Draining) ? version.Pool
        : version.Fallback && Array.Exists(silos, silo => silo.Pool == Pools.Cpu && !silo.Draining) ? Pools.Cpu
        : null;

    private void Reconcile(ModelOrders orders, FoundModel? target, string? pool)
    {
        var draining = new HashSet<SiloAddress>(orders.Silos.Where(silo => silo.Draining).Select(silo => silo.Silo));
        // Those of a silent silo count for nothing, but are left alone: it may come back.
        var silent = new HashSet<SiloAddress>(orders.Silos.Where(silo => silo.Silent).Select(silo => silo.Silo));
        var current = _replicas.All.Where(replica =>
            replica.Digest == target?.Digest && replica.Phase != ReplicaPhase.Draining && !draining.Contains(replica.Silo) && !silent.Contains(replica.Silo)).ToList();
        var ready = current.Count(replica => replica.Answers);
        var wanted = target is null ? 0 : _desired;

        _noPlace = false;
        if (target is not null && pool is not null && target.Reason is null && _replicas.Refused(target.Digest) is null)
        {
            for (var missing = wanted - current.Count; missing > 0 && !_noPlace; missing--)
                _noPlace = !TryStart(orders, target, pool);
        }

        // Silos that came later take over from those that are crowded: one more there, and one is surplus.
        var zones = orders.Silos.ToDictionary(silo => silo.Silo, silo => silo.Zone);
        if (target is not null && pool is not null && wanted > 1 && ready == wanted && _replicas.All.Count == wanted && current.TrueForAll(replica => zones.ContainsKey(replica.Silo)))
            TryStart(orders, target, pool, place => Spread.Improves(place, current.ConvertAll(replica => replica.Silo), zones));

        // Surplus leaves from where there is most of it.
        foreach (var replica in Spread.BySurplus(current.FindAll(replica => replica.Answers), zones, orders.Vacated).Take(Math.Max(0, ready - wanted)))
            _replicas.Drain(replica);

        // Others leave once enough of the wanted ones answer; those on a leaving silo also when there is no place for one in their stead.
        var enough = target is null || (ready >= Math.Min(wanted, 1) && ready >= Math.Min(wanted, _replicas.All.Count(replica => replica.Answers && replica.Digest == _serving)));
        foreach (var replica in _replicas.All)
        {
            if (replica.Answers && !current.Contains(replica) && !silent.Contains(replica.Silo) && (enough || (draining.Contains(replica.Silo) && (_noPlace || pool is null))))
                _replicas.Drain(replica);
        }

        _replicas.StopDrained();
    }

    /// <summary>Replicas that there are whatever the load is.</summary>
    private int Least(ModelOrders orders)
    {
        if (Target(orders) is not { } version || PoolFor(version, orders.Silos) is not { } pool)
            return Math.Min(options.Replicas.MinReplicas, 1);
        return StandbyPolicy.Least(
            options.Replicas.MinReplicas, new PlacedReplica(_model, MemoryOf(version), 1), pool, Places(orders, version), orders.OthersPending, orders.Vacated?.ToParsableString());
    }

    private SiloAddress? ToVacate(FoundModel version, string pool)
    {
        var orders = _orders!;
        var chosen = StandbyPolicy.ToVacate(new PlacedReplica(_model, MemoryOf(version), 1), pool, Places(orders, version), [.. orders.Silos.Select(SiloFacts.Of)]);
        return chosen is null ? null : SiloFacts.Find(orders.Silos, chosen.Id);
    }

    private bool TryStart(ModelOrders orders, FoundModel version, string pool, Func<SiloAddress, bool>? accept = null)
    {
        var places = Places(orders, version);
        // A silo that standbys leave is not for another one.
        if (_replicas.All.Count > 0 && orders.Vacated is { } vacated)
            places.RemoveAll(silo => silo.Id == vacated.ToParsableString());
        if (ReplicaPlacement.Choose(new PlacedReplica(_model, MemoryOf(version), 1), pool, places).Silo is not { } chosen)
            return false;
        var place = SiloFacts.Find(orders.Silos, chosen.Id);
        if (accept?.Invoke(place) == false)
            return false;
        _replicas.Start(version, pool, place);
        return true;
    }

    /// <summary>The silos that have a version's files, with what is on its way to them.</summary>
    private List<SiloInfo> Places(ModelOrders orders, FoundModel version)
    {
        var holders = orders.Holders.GetValueOrDefault(version.Digest, []);
        var own = _replicas.All.Where(replica => replica.Phase != ReplicaPhase.Draining).ToList();
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

        return silos;
    }

    private long MemoryOf(FoundModel version)
    {
        foreach (var replica in _replicas.All)
        {
            if (replica.Digest == version.Digest && replica.Report is { } report)
                return report.Memory;
        }

        // Before the first is measured: the files, and as much again for what runs need.
        return version.FileBytes * 2;
    }

    private ModelView View(FoundModel? target, string? pool)
    {
        var answering = _replicas.All.Where(replica => replica.Answers).ToList();
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
                _ when _replicas.Refused(target.Digest) is { } refused => info with { State = ModelState.Failed, Reason = refused.Message },
                _ when _noPlace && _replicas.All.Count == 0 => info with { State = ModelState.Loading, Reason = $"waiting for room in pool '{pool}'" },
                _ => info with { State = ModelState.Loading, Reason = "loading" },
            };
        }

        return Placed(info, [], [], target, pool);
    }

    private ModelView Placed(ModelInfo info, string[] aliases, DetectorInfo[] detectors, FoundModel? target, string? pool) => new()
    {
        Info = info with { Preference = target?.Preference ?? 0 },
        Aliases = aliases,
        Detectors = detectors,
        Replicas = [.. _replicas.All.Select(replica => replica.View)],
        Vacate = target is not null && pool is not null && _noPlace && _replicas.All.Count == 0 ? ToVacate(target, pool) : null,
        Desired = target is null ? 0 : _desired,
        Pool = pool ?? target?.Pool ?? Pools.Cpu,
        Memory = target is null ? 0 : MemoryOf(target),
        Compute = _demand.Utilization,
        Quarantined = target is not null && _replicas.IsQuarantined(target.Digest),
        Sustained = target is null ? 0 : Math.Min(_demand.Sustained, _desired),
    };

    private void Settle(ModelView view)
    {
        if (_waiting.Count == 0 || _orders is not { } orders)
            return;
        Answer<Value<ModelInfo>>? answer = view.Info.State switch
        {
            _ when orders.Target is null => _replicas.All.Count == 0 ? new() { Value = new Value<ModelInfo> { It = view.Info } } : null,
            ModelState.Ready when view.Info.Digest == orders.Target => new() { Value = new Value<ModelInfo> { It = view.Info } },
            ModelState.Failed => new() { Error = Refusal(view.Info.Reason!) },
            ModelState.Ready when _replicas.Refused(orders.Target) is { } refused => new() { Error = Refusal(refused.Message) },
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
}
