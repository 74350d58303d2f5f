using Orrery.Fleet.Placement;

namespace Orrery.Fleet.Scaling;

/// <summary>What a pool is to carry of one model.</summary>
/// <param name="Replicas">Desired replicas.</param>
/// <param name="Memory">Bytes of one.</param>
/// <param name="Slots">Compute of one, in the unit of <see cref="SiloInfo.Slots"/>.</param>
public readonly record struct ModelDemand(int Replicas, long Memory, double Slots);

/// <summary>What one decision hands to the next about a pool. Immutable.</summary>
/// <param name="Needed">The silos that were needed, as a forecast.</param>
/// <param name="Recommended">The numbers that were recommended lately.</param>
public sealed record PoolState(LoadForecast Needed, RollingMax Recommended)
{
    /// <summary>The state before the first decision.</summary>
    public static PoolState Initial { get; } = new(default, RollingMax.Empty);
}

/// <summary>How many silos a pool is to have, and the state for the next decision.</summary>
/// <param name="Desired">Silos.</param>
/// <param name="Unplaceable">Models one replica of which is larger than a whole silo: no number of silos helps them.</param>
/// <param name="State">To be handed to the next decision.</param>
public readonly record struct PoolDecision(int Desired, int Unplaceable, PoolState State);

/// <summary>How many silos a pool needs for the replicas wanted of all models, and which one leaves first. Pure functions.</summary>
public static class PoolPolicy
{
    /// <summary>
    /// Silos of the given size into which all replicas go (first fit, largest share first, as bin packing in two dimensions), or will have to when a silo
    /// ordered now is there, with headroom on top; down only after the stabilization window.
    /// </summary>
    /// <param name="state">The last decision's; <see cref="PoolState.Initial"/> before the first.</param>
    /// <param name="now">Time on a clock that never goes back.</param>
    /// <param name="demands">Desired replicas of every model of the pool.</param>
    /// <param name="memory">Bytes that models may use on one silo; above 0.</param>
    /// <param name="slots">Compute of one silo; above 0.</param>
    /// <param name="options">Valid ones.</param>
    public static PoolDecision Decide(
        PoolState state, TimeSpan now, IReadOnlyList<ModelDemand> demands, long memory, double slots, PoolOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(memory);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slots);
        var (needed, unplaceable) = Pack(demands, memory, slots, options.MaxSilos);
        // Whole silos are counted: steps of one do not add up to a jump.
        var forecast = state.Needed.Observe(now, needed, new(options.LevelTime, options.TrendTime, double.PositiveInfinity));
        var ahead = Math.Max(needed, forecast.After(options.StartTime));
        var recommended = (int)Math.Min(options.MaxSilos, Math.Ceiling(ahead * (1 + options.Headroom) - 1e-9));
        var window = state.Recommended.Add(now, recommended, options.StabilizationWindow);
        return new(Math.Clamp(window.Max, options.MinSilos, options.MaxSilos), unplaceable, new(forecast, window));
    }

    /// <summary>
    /// The silo that is cheapest to empty: of those whose replicas all fit into the free memory of the others, the one with the least memory to load
    /// elsewhere, then the least work in flight. Null when none can be emptied, or when one drains already and is to be waited for.
    /// </summary>
    /// <param name="device">The pool.</param>
    /// <param name="silos">All silos, of any device.</param>
    public static SiloInfo? ToDrain(string device, IReadOnlyList<SiloInfo> silos)
    {
        var pool = new List<SiloInfo>();
        foreach (var silo in silos)
            if (silo.Device == device)
            {
                if (silo.Draining)
                    return null;
                pool.Add(silo);
            }
        if (pool.Count < 2)
            return null;
        pool.Sort(static (a, b) => (a.Memory - a.FreeMemory, a.Load).CompareTo((b.Memory - b.FreeMemory, b.Load)) is var order && order != 0
            ? order : string.CompareOrdinal(a.Id, b.Id));
        foreach (var silo in pool)
            if (FitsElsewhere(silo, pool))
                return silo;
        return null;
    }

    private static bool FitsElsewhere(SiloInfo leaving, List<SiloInfo> pool)
    {
        var sizes = new long[leaving.Replicas.Length];
        for (var i = 0; i < sizes.Length; i++)
            sizes[i] = -leaving.Replicas[i].Memory;
        Array.Sort(sizes);
        var free = pool.ConvertAll(static silo => silo.FreeMemory);
        free[pool.IndexOf(leaving)] = 0;
        foreach (var size in sizes)
        {
            var place = free.FindIndex(room => room >= -size);
            if (place < 0)
                return false;
            free[place] += size;
        }
        return true;
    }

    private static (int Silos, int Unplaceable) Pack(IReadOnlyList<ModelDemand> demands, long memory, double slots, int most)
    {
        var sorted = new List<(double Share, ModelDemand Demand)>(demands.Count);
        var unplaceable = 0;
        foreach (var demand in demands)
            if (demand.Memory > memory)
                unplaceable++;
            else
                // A replica that wants more compute than a silo has gets the whole of one.
                sorted.Add((Math.Max((double)demand.Memory / memory, Math.Min(1, demand.Slots / slots)), demand with { Slots = Math.Min(demand.Slots, slots) }));
        sorted.Sort(static (a, b) => b.Share.CompareTo(a.Share));

        var bins = new List<(long Memory, double Slots)>();
        foreach (var (_, demand) in sorted)
        {
            var left = demand.Replicas;
            for (var i = 0; left > 0 && i < most; i++)
            {
                if (i == bins.Count)
                    bins.Add((memory, slots));
                var bin = bins[i];
                var byMemory = demand.Memory > 0 ? bin.Memory / demand.Memory : left;
                var bySlots = demand.Slots > 0 ? Math.Floor(bin.Slots / demand.Slots + 1e-9) : left;
                var here = (int)Math.Min(left, Math.Min(byMemory, bySlots));
                left -= here;
                bins[i] = (bin.Memory - here * demand.Memory, bin.Slots - here * demand.Slots);
            }
        }
        return (bins.Count, unplaceable);
    }
}
