using System.Text.Json;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>Indexes as Pinecone's control plane tells them.</summary>
internal static class IndexJson
{
    /// <summary>Pinecone's word for a metric.</summary>
    public static string Name(VectorMetric metric) => metric switch
    {
        VectorMetric.Cosine => "cosine",
        VectorMetric.DotProduct => "dotproduct",
        _ => "euclidean",
    };

    /// <summary>Reads an index; null when it is none that can be used here: its vectors are sparse, its metric is unknown, or its name or host missing.</summary>
    public static IndexInfo? Read(JsonElement json)
    {
        if (Text(json, "name") is not { } name || Text(json, "host") is not { } host || Text(json, "vector_type") == "sparse")
            return null;
        VectorMetric? metric = Text(json, "metric") switch
        {
            "cosine" => VectorMetric.Cosine,
            "dotproduct" => VectorMetric.DotProduct,
            "euclidean" => VectorMetric.Euclidean,
            _ => null,
        };
        if (metric is null)
            return null;
        var spec = new IndexSpec
        {
            Name = name,
            Dimension = json.TryGetProperty("dimension", out var dimension) && dimension.TryGetInt32(out var components) ? components : null,
            Metric = metric.Value,
            DeletionProtected = Text(json, "deletion_protection") == "enabled",
            Tags = Tags(json),
            Placement = json.TryGetProperty("spec", out var placement) && placement.ValueKind == JsonValueKind.Object ? placement.GetRawText() : null,
        };
        var ready = json.TryGetProperty("status", out var status) && status.TryGetProperty("ready", out var flag) && flag.ValueKind == JsonValueKind.True;
        return new IndexInfo(spec, ready, host);
    }

    /// <summary>A field that is a string; null when it is not.</summary>
    public static string? Text(JsonElement json, string field) =>
        json.TryGetProperty(field, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static Dictionary<string, string> Tags(JsonElement json)
    {
        var result = new Dictionary<string, string>();
        if (!json.TryGetProperty("tags", out var tags) || tags.ValueKind != JsonValueKind.Object)
            return result;
        foreach (var tag in tags.EnumerateObject())
            result[tag.Name] = tag.Value.ToString();
        return result;
    }
}
