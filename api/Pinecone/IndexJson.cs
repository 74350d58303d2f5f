using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary>Indexes as Pinecone writes them, and the words for what they are.</summary>
internal static class IndexJson
{
    /// <summary>What a schema calls the vector of records that have no other fields of their own.</summary>
    public const string VectorField = "_values";

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
        Placement.Write(json, spec.Placement);
        if (spec.Embedding is { } embedding)
            WriteEmbedding(json, spec, embedding);
        WriteSchema(json, spec);
        json.WriteStartObject("status");
        json.WriteBoolean("ready", index.Ready);
        json.WriteString("state", index.Ready ? "Ready" : "Initializing");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Dimension and metric once more, as the API of 2026-07 tells them.</summary>
    private static void WriteSchema(Utf8JsonWriter json, IndexSpec spec)
    {
        json.WriteStartObject("schema");
        json.WriteStartObject("fields");
        json.WriteStartObject(spec.VectorField ?? VectorField);
        json.WriteString("type", "dense_vector");
        if (spec.Dimension is { } dimension)
            json.WriteNumber("dimension", dimension);
        json.WriteString("metric", NameOf(spec.Metric));
        json.WriteEndObject();
        if (spec.Embedding is { } embedding)
        {
            json.WriteStartObject(embedding.TextField);
            json.WriteString("type", "semantic_text");
            json.WriteString("model", embedding.Model);
            json.WriteString("metric", NameOf(spec.Metric));
            WriteParameters(json, embedding);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteEmbedding(Utf8JsonWriter json, IndexSpec spec, IndexEmbedding embedding)
    {
        json.WriteStartObject("embed");
        json.WriteString("model", embedding.Model);
        json.WriteString("metric", NameOf(spec.Metric));
        json.WriteNumber("dimension", spec.Dimension ?? 0);
        json.WriteString("vector_type", "dense");
        json.WriteStartObject("field_map");
        json.WriteString("text", embedding.TextField);
        json.WriteEndObject();
        WriteParameters(json, embedding);
        json.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter json, IndexEmbedding embedding)
    {
        json.WritePropertyName("read_parameters");
        json.WriteRawValue(embedding.ReadParameters ?? """{"input_type":"query","truncate":"END"}""");
        json.WritePropertyName("write_parameters");
        json.WriteRawValue(embedding.WriteParameters ?? """{"input_type":"passage","truncate":"END"}""");
    }
}
