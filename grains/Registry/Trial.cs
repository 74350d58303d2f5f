namespace Orrery.Grains.Registry;

/// <summary>Where a version is that has not proved yet that it ends no process.</summary>
public enum TrialPhase
{
    /// <summary>A silo is loading it.</summary>
    Loading,

    /// <summary>It is loaded, and has answered nobody.</summary>
    Loaded,

    /// <summary>A silo ended meanwhile.</summary>
    Suspect,

    /// <summary>It answers.</summary>
    Proven,

    /// <summary>A process of its own ended too.</summary>
    Quarantined,
}

/// <summary>What the registry remembers of a version's first time, by its digest.</summary>
/// <param name="Model">The model.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="Silos">Those that have it for the first time.</param>
/// <param name="Reason">Why it is suspect or quarantined; null otherwise.</param>
/// <param name="Apart">Whether it is to be tried in a process of its own before a silo loads it.</param>
[GenerateSerializer, Immutable, Alias("orrery.trial")]
public sealed record Trial(
    [property: Id(0)] string Model, [property: Id(1)] TrialPhase Phase, [property: Id(2)] SiloAddress[] Silos, [property: Id(3)] string? Reason = null,
    [property: Id(4)] bool Apart = false);
