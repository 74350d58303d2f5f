using Orrery.Engine;

namespace Orrery.Interfaces.Wire;

/// <summary>What every call to a replica brings beside its work.</summary>
[GenerateSerializer, Immutable, Alias("orrery.terms")]
public readonly record struct Terms
{
    /// <summary>Who is waiting.</summary>
    [Id(0)]
    public Priority Priority { get; init; }

    /// <summary>How long the caller still waits; null for the replica's own limit.</summary>
    [Id(1)]
    public TimeSpan? Timeout { get; init; }

    /// <summary>What happens to texts that are too long.</summary>
    [Id(2)]
    public Truncation Truncation { get; init; }
}

/// <summary>Asks a replica for embeddings; the fields are <see cref="EmbedRequest"/>'s.</summary>
[GenerateSerializer, Immutable, Alias("orrery.embed")]
public sealed class EmbedCall
{
    /// <summary>The texts.</summary>
    [Id(0)]
    public required Texts Texts { get; init; }

    /// <summary>Who waits, and how long.</summary>
    [Id(1)]
    public required Terms Terms { get; init; }

    /// <summary>See <see cref="EmbedRequest.Normalize"/>.</summary>
    [Id(2)]
    public bool? Normalize { get; init; }

    /// <summary>See <see cref="EmbedRequest.Dimensions"/>.</summary>
    [Id(3)]
    public int? Dimensions { get; init; }

    /// <summary>See <see cref="EmbedRequest.PerToken"/>.</summary>
    [Id(4)]
    public bool PerToken { get; init; }

    /// <summary>See <see cref="EmbedRequest.Pooling"/>.</summary>
    [Id(5)]
    public Pooling? Pooling { get; init; }

    /// <summary>See <see cref="EmbedRequest.Layer"/>.</summary>
    [Id(6)]
    public string? Layer { get; init; }

    /// <summary>See <see cref="EmbedRequest.PromptName"/>.</summary>
    [Id(7)]
    public string? PromptName { get; init; }

    /// <summary>Where the embeddings go; null to keep none.</summary>
    [Id(8)]
    public UpsertPart? Upsert { get; init; }

    /// <summary>See <see cref="EmbedRequest.Prompt"/>.</summary>
    [Id(9)]
    public string? Prompt { get; init; }

    /// <summary>A part of a request.</summary>
    public static EmbedCall Of(EmbedRequest request, Range range, TimeSpan? timeout, Guid? operation) => new()
    {
        Texts = Texts.Of(request.Inputs, range),
        Terms = new Terms { Priority = request.Priority, Timeout = timeout, Truncation = request.Truncation },
        Normalize = request.Normalize,
        Dimensions = request.Dimensions,
        PerToken = request.PerToken,
        Pooling = request.Pooling,
        Layer = request.Layer,
        PromptName = request.PromptName,
        Prompt = request.Prompt,
        Upsert = UpsertPart.Of(request.Upsert, range, operation),
    };

    /// <summary>As the engine takes it.</summary>
    /// <param name="model">The replica's model.</param>
    public EmbedRequest ToRequest(string model) => new()
    {
        Model = model,
        Inputs = Texts.ToInputs(),
        Priority = Terms.Priority,
        Timeout = Terms.Timeout,
        Truncation = Terms.Truncation,
        Normalize = Normalize,
        Dimensions = Dimensions,
        PerToken = PerToken,
        Pooling = Pooling,
        Layer = Layer,
        PromptName = PromptName,
        Prompt = Prompt,
        Upsert = Upsert?.ToTarget(),
    };
}

/// <summary>Asks a replica for a classifier's or cross-encoder's raw scores.</summary>
[GenerateSerializer, Immutable, Alias("orrery.score")]
public sealed class ScoreCall
{
    /// <summary>The texts or pairs.</summary>
    [Id(0)]
    public required Texts Texts { get; init; }

    /// <summary>Who waits, and how long.</summary>
    [Id(1)]
    public required Terms Terms { get; init; }

    /// <summary>See <see cref="ScoreRequest.CutFirstOnly"/>.</summary>
    [Id(2)]
    public bool CutFirstOnly { get; init; }

    /// <summary>A part of a request.</summary>
    public static ScoreCall Of(ScoreRequest request, Range range, TimeSpan? timeout) => new()
    {
        Texts = Texts.Of(request.Inputs, range),
        Terms = new Terms { Priority = request.Priority, Timeout = timeout, Truncation = request.Truncation },
        CutFirstOnly = request.CutFirstOnly,
    };

    /// <summary>As the engine takes it.</summary>
    /// <param name="model">The replica's model.</param>
    public ScoreRequest ToRequest(string model) =>
        new() { Model = model, Inputs = Texts.ToInputs(), Priority = Terms.Priority, Timeout = Terms.Timeout, Truncation = Terms.Truncation, CutFirstOnly = CutFirstOnly };
}

/// <summary>Asks detectors over one replica's model about texts.</summary>
[GenerateSerializer, Immutable, Alias("orrery.detect")]
public sealed class DetectCall
{
    /// <summary>The texts.</summary>
    [Id(0)]
    public required Texts Texts { get; init; }

    /// <summary>Who waits, and how long.</summary>
    [Id(1)]
    public required Terms Terms { get; init; }

    /// <summary>The detectors by name; at least one.</summary>
    [Id(2)]
    public required string[] Detectors { get; init; }

    /// <summary>Whether the embeddings come back too.</summary>
    [Id(3)]
    public bool Embeddings { get; init; }

    /// <summary>Where the model's own embeddings go; null to keep none.</summary>
    [Id(4)]
    public UpsertPart? Upsert { get; init; }

    /// <summary>As the engine takes it.</summary>
    public DetectRequest ToRequest() => new()
    {
        Inputs = Texts.ToInputs(),
        Detectors = Detectors,
        Embeddings = Embeddings,
        Upsert = Upsert?.ToTarget(),
        Priority = Terms.Priority,
        Timeout = Terms.Timeout,
        Truncation = Terms.Truncation,
    };
}

/// <summary>Asks a replica how near texts are; the fields are <see cref="CompareRequest"/>'s.</summary>
[GenerateSerializer, Immutable, Alias("orrery.compare")]
public sealed class CompareCall
{
    /// <summary>Pairs, or single texts.</summary>
    [Id(0)]
    public required Texts Texts { get; init; }

    /// <summary>Who waits, and how long.</summary>
    [Id(1)]
    public required Terms Terms { get; init; }

    /// <summary>See <see cref="CompareRequest.AllPairs"/>.</summary>
    [Id(2)]
    public bool AllPairs { get; init; }

    /// <summary>See <see cref="CompareRequest.Detector"/>.</summary>
    [Id(3)]
    public string? Detector { get; init; }

    /// <summary>See <see cref="CompareRequest.Threshold"/>.</summary>
    [Id(4)]
    public float? Threshold { get; init; }

    /// <summary>See <see cref="CompareRequest.Limit"/>.</summary>
    [Id(5)]
    public int Limit { get; init; }

    /// <summary>A whole request: no part of it can be answered alone.</summary>
    public static CompareCall Of(CompareRequest request, TimeSpan? timeout) => new()
    {
        Texts = Texts.Of(request.Inputs, ..),
        Terms = new Terms { Priority = request.Priority, Timeout = timeout, Truncation = request.Truncation },
        AllPairs = request.AllPairs,
        Detector = request.Detector,
        Threshold = request.Threshold,
        Limit = request.Limit,
    };

    /// <summary>As the engine takes it.</summary>
    /// <param name="model">The replica's model.</param>
    public CompareRequest ToRequest(string model) => new()
    {
        Inputs = Texts.ToInputs(),
        AllPairs = AllPairs,
        Detector = Detector,
        Model = Detector is null ? model : "",
        Threshold = Threshold,
        Limit = Limit,
        Priority = Terms.Priority,
        Timeout = Terms.Timeout,
        Truncation = Terms.Truncation,
    };
}
