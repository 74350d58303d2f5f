using System.ComponentModel;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Orrery.Api.Pinecone.Inference;

// What the OpenAPI document says of these routes. The routes read and write by hand, without these types.

internal sealed record InferenceModels(InferenceModel[] Models);

internal sealed record InferenceModel
{
    public required string Model { get; init; }

    [Description("embed or rerank.")]
    public required string Type { get; init; }

    [JsonPropertyName("short_description")]
    public required string ShortDescription { get; init; }

    [JsonPropertyName("default_dimension")]
    public int? DefaultDimension { get; init; }

    [JsonPropertyName("max_sequence_length")]
    public int? MaxSequenceLength { get; init; }

    [JsonPropertyName("supported_parameters")]
    public required JsonObject[] SupportedParameters { get; init; }
}

internal sealed record CreateIndexForModelBody
{
    [Description("1 to 45 lower-case letters, digits, and hyphens within.")]
    public required string Name { get; init; }

    [Description("Kept and told again.")]
    public string? Cloud { get; init; }

    [Description("Likewise.")]
    public string? Region { get; init; }

    [Description("{\"model\", \"field_map\": {\"text\": the field that is embedded}, \"metric\", \"dimension\", \"read_parameters\", \"write_parameters\"}; the model is one of this server's.")]
    public required JsonObject Embed { get; init; }

    public Dictionary<string, string>? Tags { get; init; }
}

internal sealed record TextRecord
{
    [JsonPropertyName("_id"), Description("1 to 512 bytes.")]
    public required string Id { get; init; }

    [JsonPropertyName("chunk_text"), Description("The field that the index embeds, by whatever name it has; all others are kept as metadata.")]
    public string? Text { get; init; }
}

internal sealed record SearchRecordsBody
{
    [Description("{\"inputs\": {\"text\"}, \"top_k\", \"filter\"}; instead of inputs a vector ({\"values\"}) or an id.")]
    public required JsonObject Query { get; init; }

    [Description("The fields that are told of each record; all without it.")]
    public string[]? Fields { get; init; }

    [Description("{\"model\": a cross-encoder of this server, \"rank_fields\", \"top_n\", \"query\", \"parameters\"}.")]
    public JsonObject? Rerank { get; init; }
}

internal sealed record SearchRecordsAnswer(JsonObject Result, JsonObject Usage);
