using Orrery.Engine;

namespace Orrery.Interfaces.Wire;

/// <summary>Where the embeddings of some of a request's inputs go; the fields are <see cref="UpsertTarget"/>'s.</summary>
[GenerateSerializer, Immutable, Alias("orrery.upsert-part")]
public sealed class UpsertPart
{
    /// <summary>The index; null for the store's own default.</summary>
    [Id(0)]
    public string? Index { get; init; }

    /// <summary>The namespace.</summary>
    [Id(1)]
    public required string Namespace { get; init; }

    /// <summary>An id for each input.</summary>
    [Id(2)]
    public required string[] Ids { get; init; }

    /// <summary>Metadata for each input; null for none at all.</summary>
    [Id(3)]
    public ReadOnlyMemory<byte>[]? Metadata { get; init; }

    /// <summary>See <see cref="UpsertTarget.Operation"/>.</summary>
    [Id(4)]
    public Guid? Operation { get; init; }

    /// <summary>The part of some inputs, in order.</summary>
    public static UpsertPart? Of(UpsertTarget? target, Range range, Guid? operation)
    {
        if (target is null)
            return null;
        var (start, count) = range.GetOffsetAndLength(target.Ids.Count);
        var ids = new string[count];
        var metadata = target.Metadata.Count == 0 ? null : new ReadOnlyMemory<byte>[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = target.Ids[start + i];
            if (metadata is not null)
                metadata[i] = target.Metadata[start + i];
        }

        return new UpsertPart { Index = target.Index, Namespace = target.Namespace, Ids = ids, Metadata = metadata, Operation = operation };
    }

    /// <summary>As the engine takes it.</summary>
    public UpsertTarget ToTarget() => new() { Index = Index, Namespace = Namespace, Ids = Ids, Metadata = Metadata ?? [], Operation = Operation };
}
