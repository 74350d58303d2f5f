namespace Orrery.Interfaces.Wire;

/// <summary>Records for one shard, as columns; the fields are <see cref="Engine.Vectors.UpsertRequest"/>'s.</summary>
[GenerateSerializer, Immutable, Alias("orrery.vector-upsert")]
public sealed class UpsertCall
{
    /// <summary>The records' ids.</summary>
    [Id(0)]
    public required string[] Ids { get; init; }

    /// <summary>Components of each vector.</summary>
    [Id(1)]
    public required int Dimension { get; init; }

    /// <summary>All vectors, little-endian float32.</summary>
    [Id(2)]
    public required byte[] Values { get; init; }

    /// <summary>Each record's metadata; null for none at all.</summary>
    [Id(3)]
    public ReadOnlyMemory<byte>[]? Metadata { get; init; }

    /// <summary>The model's name; null where nobody says what made the vectors.</summary>
    [Id(4)]
    public string? Model { get; init; }

    /// <summary>The version's digest.</summary>
    [Id(5)]
    public string? Digest { get; init; }

    /// <summary>What the write is called, however often it comes.</summary>
    [Id(6)]
    public Guid? Operation { get; init; }
}

/// <summary>Asks a shard for its nearest records.</summary>
[GenerateSerializer, Immutable, Alias("orrery.vector-query")]
public sealed class QueryCall
{
    /// <summary>The vector, little-endian float32.</summary>
    [Id(0)]
    public required byte[] Vector { get; init; }

    /// <summary>How many at most.</summary>
    [Id(1)]
    public required int TopK { get; init; }

    /// <summary>A filter's JSON; empty for none.</summary>
    [Id(2)]
    public ReadOnlyMemory<byte> Filter { get; init; }

    /// <summary>Whether matches bring their vectors.</summary>
    [Id(3)]
    public bool WithValues { get; init; }

    /// <summary>Whether matches bring their metadata.</summary>
    [Id(4)]
    public bool WithMetadata { get; init; }
}

/// <summary>Asks a shard for the records that a filter matches.</summary>
[GenerateSerializer, Immutable, Alias("orrery.vector-find")]
public sealed class FindCall
{
    /// <summary>A filter's JSON; empty for anything.</summary>
    [Id(0)]
    public ReadOnlyMemory<byte> Filter { get; init; }

    /// <summary>How many at most.</summary>
    [Id(1)]
    public required int Limit { get; init; }

    /// <summary>Where the page before ended; null for the first.</summary>
    [Id(2)]
    public string? Token { get; init; }
}

/// <summary>Changes records of a shard; the fields are <see cref="Engine.Vectors.UpdateRequest"/>'s.</summary>
[GenerateSerializer, Immutable, Alias("orrery.vector-update")]
public sealed class UpdateCall
{
    /// <summary>The record; null when a filter says which.</summary>
    [Id(0)]
    public string? Id { get; init; }

    /// <summary>A filter's JSON; empty for none.</summary>
    [Id(1)]
    public ReadOnlyMemory<byte> Filter { get; init; }

    /// <summary>Another vector, little-endian float32; empty to keep it.</summary>
    [Id(2)]
    public byte[] Values { get; init; } = [];

    /// <summary>Fields to set, JSON; empty for none.</summary>
    [Id(3)]
    public ReadOnlyMemory<byte> SetMetadata { get; init; }

    /// <summary>Only counts.</summary>
    [Id(4)]
    public bool DryRun { get; init; }

    /// <summary>What the write is called, however often it comes.</summary>
    [Id(5)]
    public Guid? Operation { get; init; }
}

/// <summary>Removes records of a shard.</summary>
[GenerateSerializer, Immutable, Alias("orrery.vector-delete")]
public sealed class DeleteCall
{
    /// <summary>The ids; null when a filter says which, or all are meant.</summary>
    [Id(0)]
    public string[]? Ids { get; init; }

    /// <summary>A filter's JSON; empty for none.</summary>
    [Id(1)]
    public ReadOnlyMemory<byte> Filter { get; init; }

    /// <summary>Everything.</summary>
    [Id(2)]
    public bool All { get; init; }

    /// <summary>What the write is called, however often it comes.</summary>
    [Id(3)]
    public Guid? Operation { get; init; }
}

/// <summary>Asks a shard for ids.</summary>
[GenerateSerializer, Immutable, Alias("orrery.vector-list")]
public sealed class ListCall
{
    /// <summary>Only ids that start with it.</summary>
    [Id(0)]
    public string Prefix { get; init; } = "";

    /// <summary>How many at most.</summary>
    [Id(1)]
    public required int Limit { get; init; }

    /// <summary>Only ids after this one; null from the first.</summary>
    [Id(2)]
    public string? After { get; init; }
}
