namespace Orrery.Engine.Batching;

/// <summary>One unit of queued work as the batching policy sees it. Times are in ticks of any one clock.</summary>
internal abstract class QueueEntry
{
    /// <summary>Tokens, special tokens included; at least 1.</summary>
    public required int Length { get; init; }

    /// <summary>Who is waiting.</summary>
    public Priority Priority { get; internal set; }

    /// <summary>Runs alone: its tensors are its own and cannot be stacked with others.</summary>
    public bool Exclusive { get; init; }

    /// <summary>When it was queued.</summary>
    public long Enqueued { get; internal set; }

    /// <summary>When nobody wants the answer any more; <see cref="long.MaxValue"/> for never.</summary>
    public long Deadline { get; internal set; } = long.MaxValue;

    /// <summary>Tokens queued in its lane before it, ever: the distance between two entries is the work between them.</summary>
    internal long Position { get; set; }

    /// <summary>Whether it waits in a <see cref="BatchQueue"/> now.</summary>
    internal bool Queued { get; set; }

    // Links of the two lists an entry stands in: all of its priority by age, and those of its length by age.
    internal QueueEntry? Older { get; set; }

    internal QueueEntry? Younger { get; set; }

    internal QueueEntry? OlderSameLength { get; set; }

    internal QueueEntry? YoungerSameLength { get; set; }
}
