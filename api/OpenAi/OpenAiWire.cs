using System.ComponentModel;
using System.Text.Json.Serialization;
using Orrery.Api.OpenApi;
using Orrery.Api.Vectors;

namespace Orrery.Api.OpenAi;

// What the OpenAPI document says of these routes. The routes read and write by hand, without these types.

internal sealed record EmbeddingsBody
{
    public required TextsOrTokens Input { get; init; }

    [Description("A model of /v1/models; without it the default embedding model.")]
    public string? Model { get; init; }

    [JsonPropertyName("encoding_format"), Description("float (default), or base64 of little-endian float32.")]
    public string? EncodingFormat { get; init; }

    [Description("Keep only the first components and scale to unit length again.")]
    public int? Dimensions { get; init; }

    [Description("Extension: cut texts that are too long instead of refusing them.")]
    public bool? Truncate { get; init; }

    [JsonPropertyName("prompt_name"), Description("Extension: a prompt of the model's that is put before every text; without it the model's default one.")]
    public string? PromptName { get; init; }

    [Description("Extension: what is put before every text, in its own words; not with prompt_name.")]
    public string? Prompt { get; init; }

    [Description("Extension: keep the embeddings before answering.")]
    public UpsertBody? Upsert { get; init; }
}

internal sealed record EmbeddingList(string Object, EmbeddingItem[] Data, string Model, EmbeddingUsage Usage, UpsertAnswer? Upsert);

internal sealed record EmbeddingItem(string Object, int Index, VectorOrBase64 Embedding);

internal sealed record EmbeddingUsage
{
    [JsonPropertyName("prompt_tokens")]
    public required long PromptTokens { get; init; }

    [JsonPropertyName("total_tokens")]
    public required long TotalTokens { get; init; }
}

internal sealed record ModelList(string Object, ModelObject[] Data);

internal sealed record ModelObject
{
    public required string Id { get; init; }

    public required string Object { get; init; }

    [Description("Seconds since the Unix epoch.")]
    public required long Created { get; init; }

    [JsonPropertyName("owned_by")]
    public required string OwnedBy { get; init; }
}

internal sealed record OpenAiError(OpenAiErrorDetail Error);

internal sealed record OpenAiErrorDetail(string Message, string Type, string? Param, string? Code);
