using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Interfaces.Wire;

/// <summary>Where a namespace's shards are, and what its vectors must be.</summary>
[GenerateSerializer, Immutable, Alias("orrery.namespace-place")]
public sealed record NamespacePlace
{
    /// <summary>What its index is.</summary>
    [Id(0)]
    public required IndexSpec Index { get; init; }

    /// <summary>Its name; empty for the default one.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>Tells it from an earlier one of the same name.</summary>
    [Id(2)]
    public long Generation { get; init; }

    /// <summary>The store of each shard; null where it is not known. None at all when the namespace is not there.</summary>
    [Id(3)]
    public string?[] Stores { get; init; } = [];

    /// <summary>Components of its vectors, though it be empty again; null before the first in an index that fixes none.</summary>
    [Id(4)]
    public int? Dimension { get; init; }

    /// <summary>What made its vectors; null where nobody said.</summary>
    [Id(5)]
    public EmbeddingModel? Model { get; init; }

    /// <summary>Whether there is such a namespace.</summary>
    public bool Exists => Stores.Length > 0;

    /// <summary>The shard's name; its store must be known.</summary>
    public ShardKey Shard(int number) => new(Stores[number]!, Index.Name, Generation, number, Stores.Length, Name);

    /// <summary>The refusal of what concerns a shard that cannot be reached.</summary>
    /// <param name="number">The shard.</param>
    /// <param name="why">Why not.</param>
    public InferenceError Away(int number, string why) => new(
        InferenceErrorKind.Unavailable, $"shard {number} of namespace '{Name}' in index '{Index.Name}' cannot be reached: {why}", "namespace", TimeSpan.FromSeconds(1));
}

/// <summary>Some namespaces of an index.</summary>
/// <param name="Index">The index.</param>
/// <param name="Places">By name.</param>
/// <param name="More">Whether more follow.</param>
/// <param name="Total">How many there are on all pages.</param>
[GenerateSerializer, Immutable, Alias("orrery.namespace-places")]
public sealed record NamespacePlaces([property: Id(0)] IndexSpec Index, [property: Id(1)] NamespacePlace[] Places, [property: Id(2)] bool More, [property: Id(3)] long Total);

/// <summary>What a namespace is to take.</summary>
/// <param name="Index">The index.</param>
/// <param name="Name">The namespace.</param>
/// <param name="Dimension">Components of the vectors; null to make it empty.</param>
/// <param name="Model">What made them; null where nobody says.</param>
[GenerateSerializer, Immutable, Alias("orrery.namespace-claim")]
public sealed record NamespaceClaim([property: Id(0)] string Index, [property: Id(1)] string Name, [property: Id(2)] int? Dimension, [property: Id(3)] EmbeddingModel? Model);

/// <summary>A shard that a store has on its disk.</summary>
/// <param name="Index">What its index is.</param>
/// <param name="LocalName">What the store calls it: <see cref="ShardKey.LocalName"/>.</param>
/// <param name="Dimension">Components of its vectors; null when it has had none.</param>
/// <param name="Model">What made them.</param>
[GenerateSerializer, Immutable, Alias("orrery.held-shard")]
public sealed record HeldShard([property: Id(0)] IndexSpec Index, [property: Id(1)] string LocalName, [property: Id(2)] int? Dimension, [property: Id(3)] EmbeddingModel? Model);

/// <summary>What a silo says of its store, again and again.</summary>
/// <param name="Store">The store's id, which lies in its folder.</param>
/// <param name="Silo">Where it is now.</param>
/// <param name="Draining">Whether the silo leaves: it gets no new shards.</param>
[GenerateSerializer, Immutable, Alias("orrery.store-report")]
public sealed record StoreReport([property: Id(0)] string Store, [property: Id(1)] SiloAddress Silo, [property: Id(2)] bool Draining);
