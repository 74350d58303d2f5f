using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orrery.Api.Vectors;

// What the OpenAPI document says of upserts and searches. The routes read and write by hand, without these types.

internal sealed record UpsertBody
{
    [Description("An id for each input; records of the same id are replaced.")]
    public required string[] Ids { get; init; }

    [Description("The default one when absent. It takes vectors of one model only.")]
    public string? Namespace { get; init; }

    [Description("An object for each input, or one for all: fields are strings, numbers, truth values or lists of strings.")]
    public Dictionary<string, JsonElement>[]? Metadata { get; init; }

    [Description("Without it the server's default index.")]
    public string? Index { get; init; }
}

internal sealed record UpsertAnswer
{
    public required int Count { get; init; }

    [Description("Kept here until the service that they are for takes them: durable, but not found yet.")]
    public required bool Queued { get; init; }
}

internal sealed record SearchBody
{
    [Description("Embedded and searched for. Either this or vector.")]
    public string? Text { get; init; }

    public float[]? Vector { get; init; }

    [JsonPropertyName("top_k"), Description("1 to 10000, default 10.")]
    public int? TopK { get; init; }

    [Description("A condition on metadata: {\"year\": {\"$gte\": 2020}, \"genre\": {\"$in\": [\"drama\", \"comedy\"]}}.")]
    public Dictionary<string, JsonElement>? Filter { get; init; }

    public string? Namespace { get; init; }

    public string? Index { get; init; }

    [Description("The embedding model for text; without it the default one.")]
    public string? Model { get; init; }

    [Description("Where vectors were stored with as many dimensions.")]
    public int? Dimensions { get; init; }

    [JsonPropertyName("prompt_name"), Description("A prompt from the model's files that is put before the text.")]
    public string? PromptName { get; init; }

    [JsonPropertyName("include_values")]
    public bool? IncludeValues { get; init; }

    [JsonPropertyName("include_metadata"), Description("Default true.")]
    public bool? IncludeMetadata { get; init; }

    [Description("Cut a text that is too long (default), or refuse it.")]
    public bool? Truncate { get; init; }
}

internal sealed record SearchAnswer(string Object, SearchMatch[] Matches, string Namespace, string? Model)
{
    [JsonPropertyName("model_version")]
    public string? ModelVersion { get; init; }

    public Scoring.ScoreUsage? Usage { get; init; }
}

internal sealed record SearchMatch
{
    public required string Id { get; init; }

    [Description("By the index's metric; of euclidean distances, squared, less is nearer.")]
    public required float Score { get; init; }

    public float[]? Values { get; init; }

    public Dictionary<string, JsonElement>? Metadata { get; init; }
}
