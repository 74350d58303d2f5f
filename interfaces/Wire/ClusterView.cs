using Orrery.Engine;

namespace Orrery.Interfaces.Wire;

/// <summary>The kinds of device a silo may be for; a pool is all silos of one kind.</summary>
public static class Pools
{
    /// <summary>Silos without an accelerator.</summary>
    public const string Cpu = "cpu";

    /// <summary>Silos with one.</summary>
    public const string Gpu = "gpu";

    /// <summary>Both.</summary>
    public static IReadOnlyList<string> All { get; } = [Cpu, Gpu];
}

/// <summary>A version of a model, as a silo found it in its directories.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Digest">SHA-256 over its files, lower-case hex.</param>
/// <param name="Directory">Where it lies on that silo.</param>
/// <param name="Pool">The pool it asks for.</param>
/// <param name="Fallback">Whether the cpu pool may run it when its own has no silo.</param>
/// <param name="FileBytes">Bytes of its files.</param>
/// <param name="Reason">Why it cannot be read; null when it can.</param>
[GenerateSerializer, Immutable, Alias("orrery.found-model")]
public sealed record FoundModel(
    [property: Id(0)] string Name, [property: Id(1)] string Digest, [property: Id(2)] string Directory, [property: Id(3)] string Pool,
    [property: Id(4)] bool Fallback, [property: Id(5)] long FileBytes, [property: Id(6)] string? Reason);

/// <summary>What a silo says of itself, again and again.</summary>
[GenerateSerializer, Immutable, Alias("orrery.silo-report")]
public sealed record SiloReport
{
    /// <summary>Its address.</summary>
    [Id(0)]
    public required SiloAddress Silo { get; init; }

    /// <summary>Its pool.</summary>
    [Id(1)]
    public required string Pool { get; init; }

    /// <summary>The zone it stands in; empty when none was told.</summary>
    [Id(2)]
    public string Zone { get; init; } = "";

    /// <summary>What the silo has found of its device: the processor's or the accelerator's name.</summary>
    [Id(3)]
    public string Device { get; init; } = "";

    /// <summary>Bytes that models may take.</summary>
    [Id(4)]
    public long Memory { get; init; }

    /// <summary>Bytes that its replicas take, as measured when they were loaded.</summary>
    [Id(5)]
    public long Used { get; init; }

    /// <summary>Processors it may use.</summary>
    [Id(6)]
    public int Cores { get; init; }

    /// <summary>Whether it takes no new replicas and hands its own over.</summary>
    [Id(7)]
    public bool Draining { get; init; }

    /// <summary>The replicas it holds.</summary>
    [Id(10)]
    public ReplicaView[] Replicas { get; init; } = [];

    /// <summary>The last look through its directories that the registry asked for.</summary>
    [Id(11)]
    public long Scan { get; init; }

    /// <summary>Where fronts reach it; null of a silo of an earlier version.</summary>
    [Id(12)]
    public SiloAddress? Gateway { get; init; }

    /// <summary>Whether it has said nothing for longer than it ever is between two reports. Set by the registry: membership may not have missed it yet.</summary>
    [Id(13)]
    public bool Silent { get; init; }

    /// <summary>The models in its directories; null when they have not changed since the last report.</summary>
    [Id(8)]
    public FoundModel[]? Models { get; init; }

    /// <summary>The detectors in its directories, none of them ready by itself; null when they have not changed.</summary>
    [Id(9)]
    public DetectorInfo[]? Detectors { get; init; }
}

/// <summary>Where a replica is in its life.</summary>
public enum ReplicaPhase
{
    /// <summary>Being loaded and warmed.</summary>
    Starting,

    /// <summary>Answers.</summary>
    Ready,

    /// <summary>Answers what it has, and is asked nothing new.</summary>
    Draining,
}

/// <summary>One replica, as fronts see it.</summary>
/// <param name="Key">The grain's key.</param>
/// <param name="Silo">Where it is.</param>
/// <param name="Phase">Where it is in its life.</param>
/// <param name="Digest">Its version.</param>
/// <param name="Load">How busy it was when last asked.</param>
/// <param name="AnsweredTokens">Tokens it has answered since it was loaded, health probes not counted.</param>
/// <param name="Memory">Bytes it takes, measured when it was loaded; 0 before.</param>
[GenerateSerializer, Immutable, Alias("orrery.replica-view")]
public sealed record ReplicaView(
    [property: Id(0)] string Key, [property: Id(1)] SiloAddress Silo, [property: Id(2)] ReplicaPhase Phase, [property: Id(3)] string Digest,
    [property: Id(4)] LoadReport Load, [property: Id(5)] long AnsweredTokens, [property: Id(6)] long Memory);

/// <summary>One model, as fronts see it.</summary>
[GenerateSerializer, Immutable, Alias("orrery.model-view")]
public sealed record ModelView
{
    /// <summary>What is known of it; of a ready one everything.</summary>
    [Id(0)]
    public required ModelInfo Info { get; init; }

    /// <summary>Other names it answers to.</summary>
    [Id(1)]
    public string[] Aliases { get; init; } = [];

    /// <summary>Its replicas, of any version and state.</summary>
    [Id(2)]
    public ReplicaView[] Replicas { get; init; } = [];

    /// <summary>The detectors that are ready over it.</summary>
    [Id(3)]
    public DetectorInfo[] Detectors { get; init; } = [];

    /// <summary>Replicas that it should have.</summary>
    [Id(4)]
    public int Desired { get; init; }

    /// <summary>Whether it sleeps without replicas until someone asks for it.</summary>
    [Id(5)]
    public bool Asleep { get; init; }

    /// <summary>The pool it runs in.</summary>
    [Id(6)]
    public string Pool { get; init; } = Pools.Cpu;

    /// <summary>Bytes of one replica, measured or guessed from its files.</summary>
    [Id(7)]
    public long Memory { get; init; }

    /// <summary>Those of the desired replicas that arrivals need; the others only drain a backlog.</summary>
    [Id(9)]
    public int Sustained { get; init; }

    /// <summary>Share of a silo's compute that one replica is busy for, 0 to 1.</summary>
    [Id(8)]
    public double Compute { get; init; }

    /// <summary>The silo that would have room for its first replica once other models' standbys have left it; null where none is needed or would do.</summary>
    [Id(10)]
    public SiloAddress? Vacate { get; init; }

    /// <summary>Whether the version is refused because it ends processes; an admin's load frees it.</summary>
    [Id(11)]
    public bool Quarantined { get; init; }

    /// <summary>Whether fronts would route alike by another view of the model: loads alone change nothing, replies carry them.</summary>
    public bool RoutesAs(ModelView other)
    {
        if (Info.Digest != other.Info.Digest || Info.State != other.Info.State || Info.Reason != other.Info.Reason || Desired != other.Desired
            || Asleep != other.Asleep || !Equals(Vacate, other.Vacate) || Pool != other.Pool || Detectors.Length != other.Detectors.Length || Replicas.Length != other.Replicas.Length)
            return false;
        for (var i = 0; i < Replicas.Length; i++)
        {
            if (Replicas[i].Key != other.Replicas[i].Key || Replicas[i].Phase != other.Replicas[i].Phase)
                return false;
        }

        return true;
    }
}

/// <summary>A pool's size.</summary>
/// <param name="Pool">cpu or gpu.</param>
/// <param name="Desired">Silos it should have.</param>
/// <param name="Current">Silos it has, draining ones not counted.</param>
[GenerateSerializer, Immutable, Alias("orrery.pool-view")]
public sealed record PoolView([property: Id(0)] string Pool, [property: Id(1)] int Desired, [property: Id(2)] int Current);

/// <summary>The cluster at a moment: what fronts route by. Whole, because it is small: a few hundred bytes a model and a replica.</summary>
[GenerateSerializer, Immutable, Alias("orrery.cluster-view")]
public sealed record ClusterView
{
    /// <summary>The registry's activation that counted, and its count: views of one activation are ordered.</summary>
    [Id(0)]
    public required ViewVersion Version { get; init; }

    /// <summary>The silos that are alive and have reported.</summary>
    [Id(1)]
    public required SiloReport[] Silos { get; init; }

    /// <summary>The models, by name.</summary>
    [Id(2)]
    public required ModelView[] Models { get; init; }

    /// <summary>Every detector that a silo found, with its state in the cluster, by name.</summary>
    [Id(3)]
    public required DetectorInfo[] Detectors { get; init; }

    /// <summary>The pools.</summary>
    [Id(4)]
    public required PoolView[] Pools { get; init; }
}

/// <summary>Which view it is.</summary>
/// <param name="Epoch">The registry's activation.</param>
/// <param name="Number">Counts changes within it.</param>
[GenerateSerializer, Immutable, Alias("orrery.view-version")]
public readonly record struct ViewVersion([property: Id(0)] Guid Epoch, [property: Id(1)] long Number);
