using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary>Indexes as Pinecone writes them, and the words for what they are.</summary>
internal static class IndexJson
{
    /// <summary>Where an index is run when nobody said: here.</summary>
    private static ReadOnlySpan<byte> Here => "{\"serverless\":{\"cloud\":\"local\",\"region\":\"local\"}}"u8;

    /// <summary>The word for a metric.</summary>
    public static string NameOf(VectorMetric metric) => metric switch
    {
        VectorMetric.Cosine => "cosine",
        VectorMetric.DotProduct => "dotproduct",
        _ => "euclidean",
    };

    /// <summary>The metric of a word; null when it is none.</summary>
    public static VectorMetric? Metric(string word) => word switch
    {
        "cosine" => VectorMetric.Cosine,
        "dotproduct" => VectorMetric.DotProduct,
        "euclidean" => VectorMetric.Euclidean,
        _ => null,
    };

    /// <summary>The element of a word; null when it is none.</summary>
    public static VectorElement? Element(string word) => word switch
    {
        "float32" => VectorElement.Float32,
        "int8" => VectorElement.Int8,
        _ => null,
    };

    /// <summary>
    /// Writes an index. Its host is an address under this server's own, so that one port serves every index: clients put the data plane's
    /// routes behind it.
    /// </summary>
    public static void Write(Reply reply, IndexInfo index, HttpRequest request)
    {
        var spec = index.Spec;
        using var json = reply.Writer();
        json.WriteStartObject();
        json.WriteString("name", spec.Name);
        if (spec.Dimension is { } dimension)
            json.WriteNumber("dimension", dimension);
        json.WriteString("metric", NameOf(spec.Metric));
        json.WriteString("host", $"{request.Scheme}://{request.Host}{request.PathBase}/indexes/{spec.Name}");
        json.WriteString("vector_type", "dense");
        json.WriteString("element_type", spec.Element == VectorElement.Int8 ? "int8" : "float32");
        json.WriteString("deletion_protection", spec.DeletionProtected ? "enabled" : "disabled");
        json.WriteStartObject("tags");
        foreach (var (key, value) in spec.Tags)
            json.WriteString(key, value);
        json.WriteEndObject();
        json.WritePropertyName("spec");
        if (spec.Placement is { } placement)
            json.WriteRawValue(placement);
        else
            json.WriteRawValue(Here);
        json.WriteStartObject("status");
        json.WriteBoolean("ready", index.Ready);
        json.WriteString("state", index.Ready ? "Ready" : "Initializing");
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
