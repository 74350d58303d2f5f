namespace Orrery.Engine;

/// <summary>How the memory of one process is shared out.</summary>
/// <param name="Limit">Bytes that the process may take.</param>
public readonly record struct MemoryBudget(long Limit)
{
    // The rest is for the process itself, the runtime, and what requests hold while they are answered.
    private const double ModelsShare = 0.8;
    private const int RequestsShare = 8;

    /// <summary>The least that a process runs in.</summary>
    public const long Smallest = 64 << 20;

    /// <summary>Bytes that models and their runs may take.</summary>
    public long Models => (long)(Limit * ModelsShare);

    /// <summary>Bytes that bodies of requests may take, all together.</summary>
    public long Requests => Limit / RequestsShare;

    /// <summary>What is set; else what the container may take, of which .NET sees three quarters, or what the machine has.</summary>
    /// <param name="limit">Bytes; 0 where nothing is set.</param>
    public static MemoryBudget Of(long limit) => new(limit > 0 ? limit : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
}
