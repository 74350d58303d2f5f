namespace Orrery.Engine.Vectors;

/// <summary>Records to write, as columns: the vectors lie one after another.</summary>
public sealed record UpsertRequest
{
    /// <summary>The index.</summary>
    public required string Index { get; init; }

    /// <summary>The namespace; empty for the default one.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The records' ids, each once.</summary>
    public required IReadOnlyList<string> Ids { get; init; }

    /// <summary>Components of each vector.</summary>
    public required int Dimension { get; init; }

    /// <summary>All vectors: <see cref="Ids"/> times <see cref="Dimension"/> finite float32. Read until the call is answered, not kept.</summary>
    public required ReadOnlyMemory<float> Values { get; init; }

    /// <summary>Each record's metadata, a flat JSON object as UTF-8, empty for none; or an empty list for none at all.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Metadata { get; init; } = [];

    /// <summary>What made the vectors; null where nobody says. A namespace takes vectors of one model only.</summary>
    public EmbeddingModel? Model { get; init; }

    /// <summary>
    /// What this write is called by all that make it, where it may come to a store twice, long after the first: it is done once. Null where nobody
    /// makes it twice.
    /// </summary>
    public Guid? Operation { get; init; }

    /// <summary>One vector.</summary>
    public ReadOnlySpan<float> Vector(int record) => Values.Span.Slice(record * Dimension, Dimension);

    /// <summary>One record's metadata; empty for none.</summary>
    public ReadOnlyMemory<byte> MetadataOf(int record) => Metadata.Count == 0 ? default : Metadata[record];
}

/// <summary>What became of an upsert.</summary>
/// <param name="Count">Records taken.</param>
/// <param name="Queued">Whether they are kept here until the service that they are for takes them: they cannot be found yet.</param>
/// <param name="Time">How long it took, where it was a part of something larger.</param>
public sealed record UpsertReceipt(int Count, bool Queued = false, TimeSpan Time = default);

/// <summary>Asks for the nearest records.</summary>
public sealed record VectorQuery
{
    /// <summary>The index.</summary>
    public required string Index { get; init; }

    /// <summary>The namespace; empty for the default one.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The vector; empty when <see cref="Id"/> is given.</summary>
    public ReadOnlyMemory<float> Vector { get; init; }

    /// <summary>A record whose vector is meant; null when <see cref="Vector"/> is given. One that is not there matches nothing.</summary>
    public string? Id { get; init; }

    /// <summary>How many at most, 1 to 10,000.</summary>
    public required int TopK { get; init; }

    /// <summary>What matches must satisfy; null for anything.</summary>
    public VectorFilter? Filter { get; init; }

    /// <summary>Whether matches bring their vectors.</summary>
    public bool WithValues { get; init; }

    /// <summary>Whether matches bring their metadata.</summary>
    public bool WithMetadata { get; init; }

    /// <summary>What made the vector; null where nobody says. A namespace of another model's vectors refuses it.</summary>
    public EmbeddingModel? Model { get; init; }
}

/// <summary>A record that was found.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Score">By the index's metric.</param>
/// <param name="Values">Its vector; empty when not asked for.</param>
/// <param name="Metadata">Its metadata, a JSON object as UTF-8; empty for none, or when not asked for.</param>
public sealed record VectorMatch(string Id, float Score, ReadOnlyMemory<float> Values = default, ReadOnlyMemory<byte> Metadata = default);

/// <summary>What a query found.</summary>
/// <param name="Matches">Best first; equal scores by id.</param>
public sealed record VectorMatches(IReadOnlyList<VectorMatch> Matches);

/// <summary>A record as it is kept.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Values">Its vector.</param>
/// <param name="Metadata">Its metadata, a JSON object as UTF-8; empty for none.</param>
public sealed record VectorRecord(string Id, ReadOnlyMemory<float> Values, ReadOnlyMemory<byte> Metadata);

/// <summary>Asks for records: by <see cref="Ids"/>, or else by <see cref="Filter"/>.</summary>
public sealed record FetchRequest
{
    /// <summary>The index.</summary>
    public required string Index { get; init; }

    /// <summary>The namespace; empty for the default one.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The ids wanted, at most 1,000; null when a filter says which.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>What records must satisfy.</summary>
    public VectorFilter? Filter { get; init; }

    /// <summary>How many at most with a filter, 1 to 1,000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where the page before ended; null for the first.</summary>
    public string? Token { get; init; }
}

/// <summary>Some records.</summary>
/// <param name="Records">The records.</param>
/// <param name="Next">What asks for the next page; null at the end, and for ids.</param>
public sealed record RecordPage(IReadOnlyList<VectorRecord> Records, string? Next = null);

/// <summary>A change of one record by <see cref="Id"/>, or of the metadata of all that match <see cref="Filter"/>.</summary>
public sealed record UpdateRequest
{
    /// <summary>The index.</summary>
    public required string Index { get; init; }

    /// <summary>The namespace; empty for the default one.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The record; null when a filter says which. One that is not there is left so.</summary>
    public string? Id { get; init; }

    /// <summary>Which records, when there is no id.</summary>
    public VectorFilter? Filter { get; init; }

    /// <summary>Another vector, with an id only; empty to keep the vector.</summary>
    public ReadOnlyMemory<float> Values { get; init; }

    /// <summary>Fields to set, a flat JSON object as UTF-8; empty for none. Fields that it does not name stay.</summary>
    public ReadOnlyMemory<byte> SetMetadata { get; init; }

    /// <summary>With a filter: only counts what would be changed.</summary>
    public bool DryRun { get; init; }
}

/// <summary>What an update changed.</summary>
/// <param name="Matched">Records that were meant.</param>
public sealed record UpdateReceipt(long Matched);

/// <summary>Records to remove: exactly one of <see cref="Ids"/>, <see cref="Filter"/> and <see cref="All"/>.</summary>
public sealed record DeleteRequest
{
    /// <summary>The index.</summary>
    public required string Index { get; init; }

    /// <summary>The namespace; empty for the default one.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The ids, at most 1,000.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>All that match.</summary>
    public VectorFilter? Filter { get; init; }

    /// <summary>Everything in the namespace. It still remembers its model.</summary>
    public bool All { get; init; }
}

/// <summary>Asks for ids.</summary>
public sealed record ListRequest
{
    /// <summary>The index.</summary>
    public required string Index { get; init; }

    /// <summary>The namespace; empty for the default one.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Only ids that start with it; empty for all.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>How many at most, 1 to 100.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where the page before ended; null for the first.</summary>
    public string? Token { get; init; }
}

/// <summary>Some ids.</summary>
/// <param name="Ids">In bytewise order.</param>
/// <param name="Next">What asks for the next page; null at the end.</param>
public sealed record IdPage(IReadOnlyList<string> Ids, string? Next);
