namespace Orrery.Grains.Registry;

/// <summary>What the registry remembers over restarts.</summary>
[GenerateSerializer, Alias("orrery.catalogue")]
public sealed class CatalogueState
{
    /// <summary>What is served, by model.</summary>
    [Id(0)]
    public Dictionary<string, CatalogueEntry> Models { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Versions that were loaded once, by digest: which of them have proved themselves, and which end processes.</summary>
    [Id(1)]
    public Dictionary<string, Trial> Trials { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>What is to be served of a model.</summary>
/// <param name="Digest">The version; the newest that silos have is taken where nobody has it any more.</param>
/// <param name="Served">Whether it is served at all.</param>
[GenerateSerializer, Immutable, Alias("orrery.catalogue-entry")]
public sealed record CatalogueEntry([property: Id(0)] string Digest, [property: Id(1)] bool Served);
