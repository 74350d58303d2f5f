using Orrery.Engine.Vectors.Pinecone;

namespace Orrery.Engine.Vectors;

/// <summary>Where vectors are kept.</summary>
public enum VectorStoreKind
{
    /// <summary>On this machine, or in a cluster on those of its silos.</summary>
    Embedded,

    /// <summary>In Pinecone's service, with an outbox here.</summary>
    Pinecone,

    /// <summary>Nowhere: requests that would are refused.</summary>
    None,
}

/// <summary>Everything that can be set of vectors. Validated once, at start.</summary>
public sealed record VectorOptions
{
    /// <summary>Where vectors are kept.</summary>
    public VectorStoreKind Store { get; init; } = VectorStoreKind.Embedded;

    /// <summary>The folder of the embedded store's files, and of the outbox before Pinecone. Made when it is first needed.</summary>
    public string Directory { get; init; } = "vectors";

    /// <summary>The index that requests mean which name none.</summary>
    public string Index { get; init; } = "default";

    /// <summary>The most indexes that may be made, 1 to 10,000. Those that are there stay, however many.</summary>
    public int MaxIndexes { get; init; } = 256;

    /// <summary>How the default index compares vectors, when it is made.</summary>
    public VectorMetric Metric { get; init; } = VectorMetric.Cosine;

    /// <summary>How the default index keeps components, when it is made.</summary>
    public VectorElement Element { get; init; } = VectorElement.Float32;

    /// <summary>In a cluster, over how many shards the records of a namespace are spread: 1 to 256, fixed for an index when it is made.</summary>
    public int Shards { get; init; } = 4;

    /// <summary>The way to Pinecone, where <see cref="Store"/> is that.</summary>
    public PineconeOptions Pinecone { get; init; } = new();

    /// <summary>Says what is wrong, naming the property; null when nothing is.</summary>
    public string? Validate()
    {
        if (string.IsNullOrWhiteSpace(Directory))
            return $"Vectors:{nameof(Directory)} must name a folder";
        if (MaxIndexes is < 1 or > 10_000)
            return $"Vectors:{nameof(MaxIndexes)} must be 1 to 10000, not {MaxIndexes}";
        if (Shards is < 1 or > 256)
            return $"Vectors:{nameof(Shards)} must be 1 to 256, not {Shards}";
        if (RecordCheck.CheckIndexName(Index) is { } wrong)
            return $"Vectors:{nameof(Index)}: {wrong.Message}";
        return Store == VectorStoreKind.Pinecone && Pinecone.Validate() is { } unusable ? $"Pinecone:{unusable}" : null;
    }
}
