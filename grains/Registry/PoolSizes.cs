using Orrery.Fleet.Scaling;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Registry;

/// <summary>How many silos each pool should have. Not safe for threads.</summary>
internal sealed class PoolSizes(PoolOptions options)
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (TimeSpan At, PoolDecision Decision)> _decisions = new(StringComparer.Ordinal);

    public PoolView[] Decide(TimeSpan now, IReadOnlyCollection<SiloReport> silos, IReadOnlyCollection<ModelView> models) =>
        [.. Pools.All.Select(pool => Decide(pool, now, silos, models))];

    private PoolView Decide(string pool, TimeSpan now, IReadOnlyCollection<SiloReport> silos, IReadOnlyCollection<ModelView> models)
    {
        var (current, memory, cores) = (0, 0L, 0);
        foreach (var silo in silos)
        {
            if (silo.Pool != pool)
                continue;
            current += silo.Draining ? 0 : 1;
            // A new silo is taken to be like the largest one.
            memory = Math.Max(memory, silo.Memory);
            cores = Math.Max(cores, silo.Cores);
        }

        var demands = new List<ModelDemand>();
        foreach (var model in models)
        {
            if (model.Pool == pool && model.Sustained > 0)
                demands.Add(new ModelDemand(model.Sustained, model.Memory, model.Compute * cores));
        }

        // Accelerators may all go when nobody wants them; the cluster itself lives on cpu silos.
        var least = pool == Pools.Cpu ? Math.Max(1, options.MinSilos) : 0;
        if (current == 0)
            // Nothing is known of a pool's machines before the first one reports: one, if anybody wants it.
            return new PoolView(pool, demands.Count > 0 ? Math.Max(1, least) : least, 0);
        // Silos come and go in minutes: to look more often than every few seconds tells nothing new.
        if (!_decisions.TryGetValue(pool, out var last) || now - last.At >= _every)
        {
            var decision = PoolPolicy.Decide(last.Decision.State ?? PoolState.Initial, now, demands, Math.Max(1, memory), Math.Max(1, cores), options with { MinSilos = least });
            _decisions[pool] = last = (now, decision);
        }

        return new PoolView(pool, last.Decision.Desired, current);
    }
}
