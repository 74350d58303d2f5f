using System.ComponentModel;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Orrery.Api.Pinecone;

// What the OpenAPI document says of the control plane. The routes read and write by hand, without these types.

internal record ConfigureIndexBody
{
    [JsonPropertyName("deletion_protection"), Description("enabled or disabled.")]
    public string? DeletionProtection { get; init; }

    [Description("At most 20; in a change an empty value removes one.")]
    public Dictionary<string, string>? Tags { get; init; }

    [Description("Where Pinecone would run it; kept and told again.")]
    public JsonObject? Spec { get; init; }
}

internal sealed record CreateIndexBody : ConfigureIndexBody
{
    [Description("1 to 45 lower-case letters, digits, and hyphens within.")]
    public required string Name { get; init; }

    [Description("1 to 20,000; here or in schema.")]
    public int? Dimension { get; init; }

    [Description("cosine (default), dotproduct or euclidean.")]
    public string? Metric { get; init; }

    [Description("Dimension and metric as the API of 2026-07 says them: {\"fields\":{\"_values\":{\"type\":\"dense_vector\",\"dimension\",\"metric\"}}}.")]
    public JsonObject? Schema { get; init; }

    [Description("The spec as the API of 2026-07 says it.")]
    public JsonObject? Deployment { get; init; }

    [JsonPropertyName("vector_type"), Description("dense.")]
    public string? VectorType { get; init; }

    [JsonPropertyName("element_type"), Description("Extension: float32 (default), or int8 in a quarter of the space.")]
    public string? ElementType { get; init; }
}

internal sealed record PineconeIndex
{
    public required string Name { get; init; }

    public int? Dimension { get; init; }

    public required string Metric { get; init; }

    [Description("Where its data plane is.")]
    public required string Host { get; init; }

    [JsonPropertyName("vector_type")]
    public required string VectorType { get; init; }

    [JsonPropertyName("element_type")]
    public required string ElementType { get; init; }

    [JsonPropertyName("deletion_protection")]
    public required string DeletionProtection { get; init; }

    public required Dictionary<string, string> Tags { get; init; }

    public required JsonObject Spec { get; init; }

    public required JsonObject Deployment { get; init; }

    public required JsonObject Schema { get; init; }

    public required PineconeIndexStatus Status { get; init; }
}

internal sealed record PineconeIndexStatus(bool Ready, string State);

internal sealed record PineconeIndexes(PineconeIndex[] Indexes);

internal sealed record ControlError(ControlErrorDetail Error, int Status);

internal sealed record ControlErrorDetail(string Code, string Message);
