namespace Orrery.Standalone.Cluster;

/// <summary>Where a process is in its life.</summary>
internal enum ProcessState
{
    /// <summary>Not yet started.</summary>
    Planned,

    /// <summary>Runs, and has not answered yet.</summary>
    Starting,

    /// <summary>Answers that it is not ready: it loads, or drains.</summary>
    Unready,

    /// <summary>Answers that it is ready.</summary>
    Ready,

    /// <summary>Answered before, and does not now.</summary>
    Silent,

    /// <summary>Was asked to end, and has not yet.</summary>
    Stopping,

    /// <summary>Has ended.</summary>
    Ended,
}

/// <summary>What is known of one process at a moment.</summary>
/// <param name="Plan">What it was meant to be.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Id">Its process id; null before it is started.</param>
/// <param name="ExitCode">Its exit code; null while it runs.</param>
/// <param name="Models">A front's count of ready models, a silo's replicas by model; empty while unknown.</param>
/// <param name="Rate">A front's requests and a silo's texts in a second; null while unknown.</param>
/// <param name="Memory">Bytes in RAM.</param>
/// <param name="LastLines">Of one that died, what it said last.</param>
internal sealed record ProcessStatus(
    ProcessPlan Plan, ProcessState State, int? Id = null, int? ExitCode = null, string Models = "", double? Rate = null, long Memory = 0, IReadOnlyList<string>? LastLines = null)
{
    /// <summary>The state in words.</summary>
    public string StateText => State switch
    {
        ProcessState.Ended => $"ended with {ExitCode}{ExitCode switch { 137 => " (killed)", 134 => " (aborted)", 139 => " (segmentation fault)", _ => "" }}",
        ProcessState.Unready => "not ready",
        ProcessState.Silent => "does not answer",
        _ => State.ToString().ToLowerInvariant(),
    };
}
