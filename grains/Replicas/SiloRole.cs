using Orrery.Engine;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Replicas;

/// <summary>What a silo is. Validated once, at start.</summary>
public sealed record SiloRole
{
    /// <summary>Its pool: cpu or gpu.</summary>
    public string Pool { get; init; } = Pools.Cpu;

    /// <summary>The zone it stands in; replicas are spread over zones. Empty for none.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Bytes that models may take; 0 for what the machine has.</summary>
    public long Memory { get; init; }

    /// <summary>How replicas are loaded and run; its directories are looked through for models and detectors.</summary>
    public EngineOptions Engine { get; init; } = new();

    /// <summary>How often the directories are looked through again.</summary>
    public TimeSpan ScanEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Says what is wrong, naming the property; null when nothing is.</summary>
    public string? Validate()
    {
        if (!Pools.All.Contains(Pool))
            return $"{nameof(Pool)} must be {Pools.Cpu} or {Pools.Gpu}, not '{Pool}'";
        if (Memory < 0)
            return $"{nameof(Memory)} must not be negative, not {Memory}";
        if (ScanEvery <= TimeSpan.Zero)
            return $"{nameof(ScanEvery)} must be positive, not {ScanEvery}";
        return Engine.Validate();
    }
}
