using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Orrery.Api.Pinecone;

/// <summary>
/// Where a service is to run an index: <c>spec</c> until Pinecone's API of 2026-04, <c>deployment</c> since that of 2026-07. It is kept as
/// <c>spec</c> and told as both.
/// </summary>
internal static class Placement
{
    /// <summary>Told where nobody said.</summary>
    public const string Here = """{"serverless":{"cloud":"local","region":"local"}}""";

    private static readonly string[] _managed = ["cloud", "region"];
    private static readonly string[] _byoc = ["environment"];
    private static readonly string[] _pod = ["environment", "pod_type", "replicas", "shards"];

    /// <summary>The <c>spec</c> that says what a <c>deployment</c> does; null when its type is not known.</summary>
    /// <param name="deployment">A JSON object.</param>
    public static string? SpecOf(ReadOnlyMemory<byte> deployment)
    {
        using var document = JsonDocument.Parse(deployment);
        var type = document.RootElement.TryGetProperty("deployment_type", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
        (string Kind, string[] Fields)? spec = type switch
        {
            "managed" => ("serverless", _managed),
            "byoc" => ("byoc", _byoc),
            "pod" => ("pod", _pod),
            _ => null,
        };
        if (spec is not var (kind, fields))
            return null;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject(kind);
            Copy(document.RootElement, fields, json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>An object of these fields alone, of one that is given twice the last.</summary>
    public static string Only(JsonElement from, string[] fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            Copy(from, fields, json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The <c>spec</c> of an index that a cloud runs.</summary>
    public static string Serverless(string cloud, string region)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("serverless");
            json.WriteString("cloud", cloud);
            json.WriteString("region", region);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Writes the fields <c>spec</c> and <c>deployment</c>.</summary>
    /// <param name="json">Within the index's object.</param>
    /// <param name="spec">A JSON object; null for here.</param>
    public static void Write(Utf8JsonWriter json, string? spec)
    {
        using var document = JsonDocument.Parse(spec ?? Here);
        json.WritePropertyName("spec");
        document.RootElement.WriteTo(json);
        json.WriteStartObject("deployment");
        if (Part(document.RootElement, "pod") is { } pod)
            WriteDeployment(json, "pod", pod, _pod);
        else if (Part(document.RootElement, "byoc") is { } byoc)
            WriteDeployment(json, "byoc", byoc, _byoc);
        else
            WriteDeployment(json, "managed", Part(document.RootElement, "serverless") ?? document.RootElement, _managed);
        json.WriteEndObject();
    }

    private static void WriteDeployment(Utf8JsonWriter json, string type, JsonElement part, string[] fields)
    {
        json.WriteString("deployment_type", type);
        Copy(part, fields, json);
    }

    private static void Copy(JsonElement from, string[] fields, Utf8JsonWriter json)
    {
        foreach (var field in fields)
        {
            if (!from.TryGetProperty(field, out var value))
                continue;
            json.WritePropertyName(field);
            value.WriteTo(json);
        }
    }

    private static JsonElement? Part(JsonElement spec, string kind) => spec.TryGetProperty(kind, out var part) && part.ValueKind == JsonValueKind.Object ? part : null;
}
