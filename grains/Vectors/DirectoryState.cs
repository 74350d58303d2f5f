using Orrery.Engine.Vectors;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Vectors;

/// <summary>What the directory of vectors remembers over restarts.</summary>
[GenerateSerializer, Alias("orrery.vector-directory")]
public sealed class DirectoryState
{
    /// <summary>Every index, by name.</summary>
    [Id(0)]
    public Dictionary<string, KnownIndex> Indexes { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The stores whose shards are all known here.</summary>
    [Id(1)]
    public HashSet<string> Stores { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The last generation that was given to a namespace.</summary>
    [Id(2)]
    public long Generation { get; set; }
}

/// <summary>An index.</summary>
[GenerateSerializer, Alias("orrery.known-index")]
public sealed class KnownIndex
{
    /// <summary>What it is.</summary>
    [Id(0)]
    public required IndexSpec Spec { get; set; }

    /// <summary>Shards of each of its namespaces, fixed when it was made.</summary>
    [Id(1)]
    public required int Shards { get; init; }

    /// <summary>Its namespaces, by name.</summary>
    [Id(2)]
    public Dictionary<string, KnownNamespace> Namespaces { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>A namespace.</summary>
[GenerateSerializer, Immutable, Alias("orrery.known-namespace")]
public sealed record KnownNamespace
{
    /// <summary>Tells it from an earlier one of the same name.</summary>
    [Id(0)]
    public required long Generation { get; init; }

    /// <summary>The store of each shard; null while the one that has it has not been seen since the directory lost its memory.</summary>
    [Id(1)]
    public required string?[] Stores { get; init; }

    /// <summary>Components of its vectors; null before the first.</summary>
    [Id(2)]
    public int? Dimension { get; init; }

    /// <summary>What made them; null where nobody said.</summary>
    [Id(3)]
    public EmbeddingModel? Model { get; init; }

    /// <summary>Whether it is being removed: some of its shards may be empty already, so that nobody reads it any more.</summary>
    [Id(4)]
    public bool Leaving { get; init; }

    /// <summary>As others see it.</summary>
    public NamespacePlace Place(KnownIndex index, string name) =>
        new() { Index = index.Spec, Name = name, Generation = Generation, Stores = Stores, Dimension = Dimension ?? index.Spec.Dimension, Model = Model };
}
