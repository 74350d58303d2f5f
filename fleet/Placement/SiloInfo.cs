using System.Collections.Immutable;

namespace Orrery.Fleet.Placement;

/// <summary>A replica where it is, or where it is to go.</summary>
/// <param name="Model">The model's name and version.</param>
/// <param name="Memory">Bytes it was measured to take on its device.</param>
/// <param name="Slots">Compute it keeps busy at full load, in the unit of <see cref="SiloInfo.Slots"/>.</param>
public readonly record struct PlacedReplica(string Model, long Memory, double Slots);

/// <summary>What placement knows of a silo.</summary>
/// <param name="Id">Its address or name; unique.</param>
/// <param name="Device">cpu or gpu.</param>
/// <param name="Zone">Where it fails together with others; empty when unknown.</param>
/// <param name="Memory">Bytes that models may use.</param>
/// <param name="Slots">Its compute: cores of a cpu silo, 1 of a GPU.</param>
/// <param name="Draining">It is to leave: nothing new goes there.</param>
/// <param name="Load">Work in flight, in units (tokens or texts).</param>
/// <param name="Replicas">What is there, starting replicas included.</param>
public sealed record SiloInfo(
    string Id, string Device, string Zone, long Memory, double Slots, bool Draining, double Load, ImmutableArray<PlacedReplica> Replicas)
{
    /// <summary>Bytes that no replica takes; negative when measured sizes turned out larger than thought.</summary>
    public long FreeMemory
    {
        get
        {
            var free = Memory;
            foreach (var replica in Replicas)
                free -= replica.Memory;
            return free;
        }
    }

    /// <summary>Compute that no replica would use at full load; negative when replicas share it.</summary>
    public double FreeSlots
    {
        get
        {
            var free = Slots;
            foreach (var replica in Replicas)
                free -= replica.Slots;
            return free;
        }
    }

    /// <summary>Replicas of a model here.</summary>
    public int Count(string model)
    {
        var count = 0;
        foreach (var replica in Replicas)
            count += replica.Model == model ? 1 : 0;
        return count;
    }
}
