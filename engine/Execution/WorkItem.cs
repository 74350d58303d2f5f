using System.Diagnostics;
using Orrery.Engine.Batching;

namespace Orrery.Engine.Execution;

/// <summary>A queue entry that someone waits for.</summary>
internal abstract class WorkItem : QueueEntry
{
    /// <summary>The span of the request it belongs to; null while nobody listens.</summary>
    public abstract Activity? Caller { get; }

    /// <summary>Answers with a refusal or failure. Called at most once, and never beside an answer.</summary>
    public abstract void Fail(InferenceError error);

    /// <summary>Answers those who wait no longer with an error, though it is being computed.</summary>
    /// <param name="now">Deadlines up to then have passed.</param>
    /// <param name="error">What they are told.</param>
    public abstract void GiveUp(long now, InferenceError error);
}

/// <summary>One text of a request, tokenized.</summary>
internal sealed class TextItem : WorkItem
{
    /// <summary>Token ids, special tokens included.</summary>
    public required int[] Ids { get; init; }

    /// <summary>Segment ids; null when all are 0.</summary>
    public int[]? TypeIds { get; init; }

    /// <summary>The request it belongs to.</summary>
    public required TextJob Job { get; init; }

    /// <summary>Its place in the request.</summary>
    public required int Index { get; init; }

    /// <summary>Tokens at its beginning that are not pooled: a prompt's, where the model's files say so.</summary>
    public int Skipped { get; init; }

    /// <summary>Equal texts that came while this one was in flight, and take its answer.</summary>
    public TextItem? Follower { get; set; }

    /// <summary>The item whose answer it takes instead of being computed; null when it is computed.</summary>
    public TextItem? Leader { get; set; }

    /// <summary>When its own caller stops waiting, whoever else waits for the same text.</summary>
    public long OwnDeadline { get; set; } = long.MaxValue;

    /// <summary>Whether anyone still wants the answer.</summary>
    public bool Wanted
    {
        get
        {
            for (var item = this; item is not null; item = item.Follower)
            {
                if (!item.Job.Abandoned)
                    return true;
            }

            return false;
        }
    }

    public override Activity? Caller => Job.Caller;

    public override void Fail(InferenceError error)
    {
        for (var item = this; item is not null; item = item.Follower)
            item.Job.Failed(error);
    }

    public override void GiveUp(long now, InferenceError error)
    {
        for (var item = this; item is not null; item = item.Follower)
        {
            if (item.OwnDeadline <= now)
                item.Job.Abandon(error, default);
        }
    }
}

/// <summary>Texts are equal when their tokens and segments are.</summary>
internal sealed class SameTokens : IEqualityComparer<TextItem>
{
    public bool Equals(TextItem? x, TextItem? y) =>
        x!.Ids.AsSpan().SequenceEqual(y!.Ids) && x.TypeIds.AsSpan().SequenceEqual(y.TypeIds);

    public int GetHashCode(TextItem obj)
    {
        var hash = default(HashCode);
        hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(obj.Ids.AsSpan()));
        return hash.ToHashCode();
    }
}
