using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Supervision;

/// <summary>A replica as its supervisor keeps it. Guarded by the supervisor's turn.</summary>
internal sealed class ManagedReplica(string key, SiloAddress silo, IModelGrain grain)
{
    public string Key { get; } = key;

    public string Digest { get; } = ReplicaKey.Parse(key).Digest;

    public SiloAddress Silo { get; } = silo;

    public IModelGrain Grain { get; } = grain;

    /// <summary>Whether it was found on its silo, and not started by this supervisor: until it has proved itself it counts as starting.</summary>
    public bool Adopted { get; init; }

    public ReplicaPhase Phase { get; set; } = ReplicaPhase.Starting;

    /// <summary>What it said of itself when it was loaded or last proved itself.</summary>
    public ReplicaReport? Report { get; set; }

    /// <summary>What its silo said last.</summary>
    public LoadReport Load { get; set; }

    public long AnsweredTokens { get; set; }

    public int FailedProbes { get; set; }

    public bool Probing { get; set; }

    public long ProbedAt { get; set; }

    /// <summary>When it was taken out of the view that fronts route by.</summary>
    public long DrainingSince { get; set; }

    public bool Stopping { get; set; }

    public bool Answers => Phase == ReplicaPhase.Ready;

    public ReplicaView View => new(Key, Silo, Phase, Digest, Load, AnsweredTokens, Report?.Memory ?? 0);

    /// <summary>Seconds until what is queued now is answered.</summary>
    public TimeSpan QueueDelay => Load.TokensPerSecond > 0 ? TimeSpan.FromSeconds(Load.QueuedTokens / Load.TokensPerSecond) : TimeSpan.Zero;
}
