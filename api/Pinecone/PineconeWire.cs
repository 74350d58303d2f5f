using System.ComponentModel;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Orrery.Api.Pinecone;

// What the OpenAPI document says of these routes. The routes read and write by hand, without these types.

internal sealed record PineconeVector
{
    [Description("1 to 512 bytes.")]
    public required string Id { get; init; }

    [Description("1 to 20,000 finite numbers, as many as the index has dimensions.")]
    public required float[] Values { get; init; }

    [Description("A flat object of strings, numbers, booleans and lists of strings; at most 40 KB.")]
    public JsonObject? Metadata { get; init; }
}

internal sealed record UpsertBody
{
    [Description("1 to 1,000 vectors, each id once.")]
    public required PineconeVector[] Vectors { get; init; }

    [Description("The namespace; without it the default one.")]
    public string? Namespace { get; init; }
}

internal sealed record UpsertAnswer(int UpsertedCount)
{
    [Description("Extension: true where the vectors wait here for the service that they are for.")]
    public bool? Queued { get; init; }
}

internal sealed record QueryBody
{
    [Description("1 to 10,000.")]
    public required int TopK { get; init; }

    [Description("The vector to compare with; or say id.")]
    public float[]? Vector { get; init; }

    [Description("The record whose vector to compare with; or say vector.")]
    public string? Id { get; init; }

    public string? Namespace { get; init; }

    [Description("$eq $ne $gt $gte $lt $lte $in $nin $exists under a field; $and $or over filters.")]
    public JsonObject? Filter { get; init; }

    public bool? IncludeValues { get; init; }

    public bool? IncludeMetadata { get; init; }
}

internal sealed record QueryAnswer(PineconeMatch[] Matches, string Namespace, PineconeUsage Usage);

internal sealed record PineconeMatch(string Id, float Score, float[]? Values, JsonObject? Metadata);

internal sealed record PineconeUsage(int ReadUnits);

internal sealed record PineconePage(string Next);

internal sealed record FetchByMetadataBody
{
    public required JsonObject Filter { get; init; }

    public string? Namespace { get; init; }

    [Description("1 to 1,000; 100 when not given.")]
    public int? Limit { get; init; }

    [Description("The pagination.next of the page before.")]
    public string? PaginationToken { get; init; }
}

internal sealed record FetchAnswer(Dictionary<string, PineconeVector> Vectors, string Namespace, PineconeUsage Usage, PineconePage? Pagination);

internal sealed record UpdateBody
{
    [Description("The record; or say filter.")]
    public string? Id { get; init; }

    [Description("Another vector, with id only.")]
    public float[]? Values { get; init; }

    [Description("Fields to set; others stay.")]
    public JsonObject? SetMetadata { get; init; }

    [Description("The records; or say id.")]
    public JsonObject? Filter { get; init; }

    [Description("With filter: only count.")]
    public bool? DryRun { get; init; }

    public string? Namespace { get; init; }
}

internal sealed record UpdateAnswer(long? MatchedRecords);

internal sealed record DeleteBody
{
    [Description("At most 1,000. Exactly one of ids, deleteAll and filter.")]
    public string[]? Ids { get; init; }

    public bool? DeleteAll { get; init; }

    public JsonObject? Filter { get; init; }

    public string? Namespace { get; init; }
}

internal sealed record ListAnswer(ListItem[] Vectors, string Namespace, PineconeUsage Usage, PineconePage? Pagination);

internal sealed record ListItem(string Id);

internal sealed record StatsBody(JsonObject? Filter);

internal sealed record StatsAnswer(Dictionary<string, NamespaceCount> Namespaces, int? Dimension, float IndexFullness, long TotalVectorCount, string Metric, string VectorType);

internal sealed record NamespaceCount(long VectorCount);

internal sealed record NamespaceBody(string Name);

internal sealed record NamespaceAnswer
{
    public required string Name { get; init; }

    [JsonPropertyName("record_count")]
    public required long RecordCount { get; init; }
}

internal sealed record NamespacesAnswer
{
    public required NamespaceAnswer[] Namespaces { get; init; }

    public PineconePage? Pagination { get; init; }

    [JsonPropertyName("total_count")]
    public required long TotalCount { get; init; }
}

internal sealed record RpcStatus(int Code, string Message, JsonObject[] Details);
