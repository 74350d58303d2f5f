using Orrery.Fleet.Placement;
using Orrery.Fleet.Scaling;

namespace Orrery.Fleet.Tests.Simulation;

/// <summary>What a run of the whole cluster showed.</summary>
/// <param name="Late">Share of all requests that waited longer than the limit.</param>
/// <param name="ReplicaSeconds">Of all models.</param>
/// <param name="SiloSeconds">From order to end.</param>
/// <param name="MaxSilos">Most that ran at once.</param>
/// <param name="Waited">Replica-seconds that were wanted and had no place.</param>
/// <param name="Drained">Silos that were emptied and left.</param>
/// <param name="MaxSkew">Most replicas of one model on one silo above the model's fair share of the silos, seen every ten seconds.</param>
public readonly record struct ClusterResult(
    double Late, double ReplicaSeconds, double SiloSeconds, int MaxSilos, long Waited, int Drained, int MaxSkew);

/// <summary>
/// Many models on a pool of silos in virtual time: every second each model's replicas are decided and placed, every ten the pool's silos.
/// A silo starts within 60 seconds; one that leaves is emptied first, its replicas warm elsewhere before they end.
/// </summary>
public sealed class ClusterSimulation
{
    private const double SiloStart = 60;
    private const int SiloSlots = 4;
    private const long SiloMemory = 16L << 30;

    private readonly ReplicaOptions _options;
    private readonly PoolOptions _pool;
    private readonly (ModelSimulation Simulation, PlacedReplica Replica, ReplicaState State, int Desired, int Sustained)[] _models;
    private readonly List<SiloInfo> _silos = [];
    private readonly List<double> _starting = [];
    private readonly int _seconds;
    private PoolState _poolState = PoolState.Initial;
    private double _siloSeconds;
    private int _named, _maxSilos, _drained, _maxSkew;
    private long _waited;

    public ClusterSimulation(IReadOnlyList<ArrivalTrace> traces, ReplicaOptions options, PoolOptions pool)
    {
        (_options, _pool) = (options, pool);
        _seconds = traces.Min(trace => (int)trace.Seconds);
        _models = [.. traces.Select((trace, i) => (
            // Warm-ups of 5 to 30 seconds, models of 0.5 to 3.5 GiB.
            new ModelSimulation(trace, 5 + i % 6 * 5, 0.5, 0),
            new PlacedReplica(trace.Name, (1 + i % 7) * (1L << 29), 1), ReplicaState.Initial, 0, 0))];
        for (var i = 0; i < pool.MinSilos; i++)
            Join();
    }

    public ClusterResult Run(double warmSeconds)
    {
        var before = default(SimulationResult[]);
        for (var second = 0; second < _seconds; second++)
        {
            if (second == (int)warmSeconds)
                before = [.. _models.Select(model => model.Simulation.Result)];
            _starting.RemoveAll(ready => ready <= second && Join());
            for (var i = 0; i < _models.Length; i++)
                ScaleModel(ref _models[i]);
            if (second % 10 == 0)
            {
                ScalePool(second);
                CheckInvariants();
            }
            for (var step = 0; step < 10; step++)
                foreach (var model in _models)
                    model.Simulation.Advance();
            _siloSeconds += _silos.Count + _starting.Count;
            _maxSilos = Math.Max(_maxSilos, _silos.Count);
        }
        var results = _models.Select(model => model.Simulation.Result).ToArray();
        var late = results.Zip(before ?? new SimulationResult[results.Length], (after, start) => after.LateRequests - start.LateRequests).Sum();
        var requests = results.Zip(before ?? new SimulationResult[results.Length], (after, start) => after.Requests - start.Requests).Sum();
        return new(late / requests, results.Sum(result => result.ReplicaSeconds), _siloSeconds, _maxSilos, _waited, _drained, _maxSkew);
    }

    private bool Join()
    {
        _silos.Add(new($"silo-{_named:0000}", "cpu", $"zone-{_named % 3}", SiloMemory, SiloSlots, false, 0, []));
        _named++;
        return true;
    }

    private void ScaleModel(ref (ModelSimulation Simulation, PlacedReplica Replica, ReplicaState State, int Desired, int Sustained) model)
    {
        var simulation = model.Simulation;
        (model.Desired, model.Sustained, model.State) = ReplicaPolicy.Decide(model.State, simulation.Signals(1), _options);
        while (simulation.Ready + simulation.Starting < model.Desired)
        {
            if (!Place(model.Replica))
            {
                _waited += model.Desired - simulation.Ready - simulation.Starting;
                return;
            }
            simulation.Order();
        }
        while (simulation.Ready + simulation.Starting > model.Desired)
        {
            var silo = ReplicaPlacement.ToEnd(model.Replica.Model, _silos)!;
            Replace(silo, silo with { Replicas = silo.Replicas.Remove(model.Replica) });
            simulation.End();
        }
    }

    private bool Place(PlacedReplica replica)
    {
        // Compute is not shared here: a replica beyond a silo's slots would run at part of its capacity.
        var free = _silos.FindAll(silo => silo.FreeSlots >= replica.Slots);
        if (ReplicaPlacement.Choose(replica, "cpu", free).Silo is not { } silo)
            return false;
        Replace(silo, silo with { Replicas = silo.Replicas.Add(replica) });
        return true;
    }

    private void Replace(SiloInfo old, SiloInfo changed) => _silos[_silos.IndexOf(old)] = changed;

    private void ScalePool(int second)
    {
        var demands = Array.ConvertAll(_models, model => new ModelDemand(model.Sustained, model.Replica.Memory, model.Replica.Slots));
        var decision = PoolPolicy.Decide(_poolState, TimeSpan.FromSeconds(second), demands, SiloMemory, SiloSlots, _pool);
        _poolState = decision.State;
        while (_silos.Count + _starting.Count < decision.Desired)
            _starting.Add(second + SiloStart);
        for (var surplus = _silos.Count + _starting.Count - decision.Desired; surplus > 0; surplus--)
            if (PoolPolicy.ToDrain("cpu", _silos) is { } leaving)
                Drain(leaving);
    }

    private void Drain(SiloInfo leaving)
    {
        var before = _silos.ToArray();
        Replace(leaving, leaving with { Draining = true });
        foreach (var replica in leaving.Replicas)
            if (!Place(replica))
            {
                // There was memory, but no compute: it stays for now.
                _silos.Clear();
                _silos.AddRange(before);
                return;
            }
        _silos.RemoveAll(silo => silo.Id == leaving.Id);
        _drained++;
    }

    private void CheckInvariants()
    {
        foreach (var silo in _silos)
            if (silo.FreeMemory < 0 || silo.FreeSlots < 0)
                throw new InvalidOperationException($"{silo.Id} holds more than it can");
        foreach (var model in _models)
        {
            var (total, most) = (0, 0);
            foreach (var silo in _silos)
            {
                var here = silo.Count(model.Replica.Model);
                (total, most) = (total + here, Math.Max(most, here));
            }
            if (total != model.Simulation.Ready + model.Simulation.Starting)
                throw new InvalidOperationException($"{model.Replica.Model}: {total} placed of {model.Simulation.Ready + model.Simulation.Starting}");
            _maxSkew = Math.Max(_maxSkew, most - (total + _silos.Count - 1) / Math.Max(1, _silos.Count));
        }
    }
}
