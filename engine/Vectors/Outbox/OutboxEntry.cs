namespace Orrery.Engine.Vectors.Outbox;

/// <summary>What keeps its order: the calls of one namespace of one index.</summary>
internal readonly record struct Lane(string Index, string Namespace);

/// <summary>A call that is to be made: one that may be made twice.</summary>
/// <param name="Method">HTTP's word.</param>
/// <param name="Path">The path within the index's host.</param>
/// <param name="Body">JSON as UTF-8; empty for none.</param>
/// <param name="Records">What it counts for against the bound, at least 1.</param>
/// <param name="Model">What made its vectors; null where nobody says, or there are none.</param>
internal sealed record OutboxCall(string Method, string Path, ReadOnlyMemory<byte> Body, int Records, EmbeddingModel? Model = null);

/// <summary>A call that waits.</summary>
/// <param name="Sequence">Its place: lower ones of its lane go first.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="Call">The call.</param>
internal sealed record OutboxEntry(long Sequence, Lane Lane, OutboxCall Call);
