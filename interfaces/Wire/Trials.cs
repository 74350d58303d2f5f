namespace Orrery.Interfaces.Wire;

/// <summary>What a supervisor may do with a version on a silo.</summary>
public enum TrialOrder
{
    /// <summary>Load it.</summary>
    Load,

    /// <summary>Load it, after a process of its own has: a silo ended while it had it for the first time.</summary>
    TryApart,

    /// <summary>Not yet: another silo has it for the first time.</summary>
    Wait,

    /// <summary>Nothing: it is quarantined.</summary>
    Refuse,
}

/// <summary>What came of a version on a silo.</summary>
public enum TrialOutcome
{
    /// <summary>It was refused or failed, and the silo lives.</summary>
    Failed,

    /// <summary>It is loaded. What it does when it is run is not known yet.</summary>
    Loaded,

    /// <summary>It answers.</summary>
    Proven,

    /// <summary>A process of its own ended too.</summary>
    Quarantined,
}

/// <summary>The answer to a supervisor that wants to start a version.</summary>
/// <param name="Order">What it may do.</param>
/// <param name="Reason">Why nothing; null otherwise.</param>
[GenerateSerializer, Immutable, Alias("orrery.trial-answer")]
public readonly record struct TrialAnswer([property: Id(0)] TrialOrder Order, [property: Id(1)] string? Reason = null);
