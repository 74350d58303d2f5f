using System.ComponentModel;
using System.Text.Json.Serialization;
using Orrery.Api.OpenApi;
using Orrery.Api.Vectors;

namespace Orrery.Api.Scoring;

// What the OpenAPI document says of these routes. The routes read and write by hand, without these types.

internal sealed record ScoreBody
{
    public required TextsOrTokens Input { get; init; }

    [Description("Detectors of /v1/detectors; without them the default ones.")]
    public string[]? Detectors { get; init; }

    [Description("Instead of each detector's own threshold, 0 to 1.")]
    public float? Threshold { get; init; }

    [JsonPropertyName("return_scores"), Description("Every class's probability, not only the answer's.")]
    public bool? ReturnScores { get; init; }

    [JsonPropertyName("return_embeddings")]
    public bool? ReturnEmbeddings { get; init; }

    [Description("Cut texts that are too long (default), or refuse them.")]
    public bool? Truncate { get; init; }

    [Description("Keep the texts' embeddings before answering.")]
    public UpsertBody? Upsert { get; init; }
}

internal sealed record ScoreAnswer(string Object, ScoreItem[] Data, DetectorVersion[] Detectors, ScoreUsage Usage, ScoreTiming Timing, UpsertAnswer? Upsert);

internal sealed record ScoreItem(int Index, DetectorResult[] Results, ScoreEmbedding[]? Embeddings);

internal sealed record DetectorResult
{
    public required string Detector { get; init; }

    [Description("null when no class reached the threshold.")]
    public required string? Label { get; init; }

    [Description("The label's; without one, the best class's.")]
    public required float Probability { get; init; }

    public Dictionary<string, float>? Scores { get; init; }
}

internal sealed record ScoreEmbedding(string Model, float[] Embedding);

internal sealed record DetectorVersion
{
    public required string Name { get; init; }

    [Description("Digest of the detector's files.")]
    public required string Version { get; init; }

    public required string Model { get; init; }

    [JsonPropertyName("model_version"), Description("Digest of the embedding model's files.")]
    public required string ModelVersion { get; init; }

    public required float Threshold { get; init; }
}

internal sealed record ScoreUsage
{
    [JsonPropertyName("prompt_tokens")]
    public required long PromptTokens { get; init; }

    [JsonPropertyName("total_tokens")]
    public required long TotalTokens { get; init; }
}

internal sealed record ScoreTiming
{
    [JsonPropertyName("embedding_ms")]
    public required float EmbeddingMs { get; init; }

    [JsonPropertyName("heads_ms")]
    public required float HeadsMs { get; init; }

    [JsonPropertyName("upsert_ms")]
    public float? UpsertMs { get; init; }

    [JsonPropertyName("total_ms")]
    public required float TotalMs { get; init; }
}

internal sealed record CompareBody
{
    [Description("Pairs of texts, each answered. Either these or inputs.")]
    public string[][]? Pairs { get; init; }

    [Description("Texts of which every pair is compared; those that reach the threshold are answered, nearest first.")]
    public string[]? Inputs { get; init; }

    [Description("A detector of kind pair.")]
    public string? Detector { get; init; }

    [Description("An embedding model (cosine) or a cross-encoder (its score); without it the default embedding model.")]
    public string? Model { get; init; }

    [Description("A probability with a detector, else a similarity.")]
    public float? Threshold { get; init; }

    [Description("The most pairs that are answered for inputs (1000).")]
    public int? Limit { get; init; }

    public bool? Truncate { get; init; }
}

internal sealed record CompareAnswer
{
    public required string Object { get; init; }

    public required CompareItem[] Data { get; init; }

    public required string Model { get; init; }

    [JsonPropertyName("model_version")]
    public required string ModelVersion { get; init; }

    public string? Detector { get; init; }

    [JsonPropertyName("detector_version")]
    public string? DetectorVersion { get; init; }

    public float? Threshold { get; init; }

    [Description("With inputs: whether there are more pairs than the limit.")]
    public bool? More { get; init; }

    public required ScoreUsage Usage { get; init; }
}

internal sealed record CompareItem(int? Index, int? First, int? Second, float Similarity, float? Probability, bool? Match);

internal sealed record DetectorList(string Object, DetectorObject[] Data);

internal sealed record DetectorObject
{
    public required string Name { get; init; }

    public required string State { get; init; }

    public string? Reason { get; init; }

    public required string Kind { get; init; }

    public required string Version { get; init; }

    public required string Model { get; init; }

    [JsonPropertyName("model_version")]
    public required string ModelVersion { get; init; }

    public required string[] Labels { get; init; }

    public string? Positive { get; init; }

    public required float Threshold { get; init; }
}

internal sealed record InferenceBody
{
    [JsonPropertyName("model_type"), Description("A detector or a model by name, or embedding or classifier for the default one.")]
    public required string ModelType { get; init; }

    public required TextOrTexts Data { get; init; }
}
