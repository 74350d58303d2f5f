namespace Orrery.Engine.Vectors.Outbox;

/// <summary>A call that was queued and then refused for good.</summary>
/// <param name="Sequence">Its number, as the log told it.</param>
/// <param name="Index">The index.</param>
/// <param name="Namespace">The namespace; empty for the default one.</param>
/// <param name="Call">HTTP's word and the path within the index's host.</param>
/// <param name="Records">Records in it.</param>
/// <param name="Reason">Why it was refused.</param>
/// <param name="Body">What was sent, JSON as UTF-8; empty for nothing.</param>
public sealed record DeadLetter(long Sequence, string Index, string Namespace, string Call, int Records, string Reason, ReadOnlyMemory<byte> Body);
