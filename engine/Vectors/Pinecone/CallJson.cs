using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>The bodies of calls other than upserts, as UTF-8.</summary>
internal static class CallJson
{
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The body of <c>/query</c>.</summary>
    public static ReadOnlyMemory<byte> Query(VectorQuery query) => Object(query, static (writer, query) =>
    {
        Namespace(writer, query.Namespace);
        writer.WriteNumber("topK"u8, query.TopK);
        if (query.Id is { } id)
            writer.WriteString("id"u8, id);
        else
            Floats(writer, "vector"u8, query.Vector.Span);
        Filter(writer, query.Filter);
        writer.WriteBoolean("includeValues"u8, query.WithValues);
        writer.WriteBoolean("includeMetadata"u8, query.WithMetadata);
    });

    /// <summary>The body of <c>/vectors/fetch_by_metadata</c>.</summary>
    public static ReadOnlyMemory<byte> Fetch(FetchRequest request) => Object(request, static (writer, request) =>
    {
        Namespace(writer, request.Namespace);
        Filter(writer, request.Filter);
        writer.WriteNumber("limit"u8, request.Limit);
        if (request.Token is { } token)
            writer.WriteString("paginationToken"u8, token);
    });

    /// <summary>The body of <c>/vectors/update</c>.</summary>
    public static ReadOnlyMemory<byte> Update(UpdateRequest request) => Object(request, static (writer, request) =>
    {
        Namespace(writer, request.Namespace);
        if (request.Id is { } id)
            writer.WriteString("id"u8, id);
        else
            Filter(writer, request.Filter);
        if (!request.Values.IsEmpty)
            Floats(writer, "values"u8, request.Values.Span);
        if (!request.SetMetadata.IsEmpty)
        {
            writer.WritePropertyName("setMetadata"u8);
            writer.WriteRawValue(request.SetMetadata.Span, skipInputValidation: true);
        }

        if (request.DryRun)
            writer.WriteBoolean("dryRun"u8, true);
    });

    /// <summary>The body of <c>/vectors/delete</c>.</summary>
    public static ReadOnlyMemory<byte> Delete(DeleteRequest request) => Object(request, static (writer, request) =>
    {
        Namespace(writer, request.Namespace);
        if (request.Ids is { } ids)
        {
            writer.WriteStartArray("ids"u8);
            foreach (var id in ids)
                writer.WriteStringValue(id);
            writer.WriteEndArray();
        }
        else if (request.Filter is not null)
        {
            Filter(writer, request.Filter);
        }
        else
        {
            writer.WriteBoolean("deleteAll"u8, true);
        }
    });

    /// <summary>The body of <c>/describe_index_stats</c>.</summary>
    public static ReadOnlyMemory<byte> Stats(VectorFilter? filter) => Object(filter, static (writer, filter) => Filter(writer, filter));

    /// <summary>The body that makes a namespace.</summary>
    public static ReadOnlyMemory<byte> Namespace(string name) => Object(name, static (writer, name) => writer.WriteString("name"u8, name));

    /// <summary>The body that makes an index.</summary>
    /// <param name="spec">What it is to be, with a dimension.</param>
    /// <param name="options">Where it is to be, when it does not say so.</param>
    public static ReadOnlyMemory<byte> Index(IndexSpec spec, PineconeOptions options) => Object((spec, options), static (writer, state) =>
    {
        var (spec, options) = state;
        writer.WriteString("name"u8, spec.Name);
        writer.WriteNumber("dimension"u8, spec.Dimension!.Value);
        writer.WriteString("metric"u8, IndexJson.Name(spec.Metric));
        writer.WriteString("vector_type"u8, "dense"u8);
        writer.WriteString("deletion_protection"u8, spec.DeletionProtected ? "enabled"u8 : "disabled"u8);
        Tags(writer, spec.Tags);
        writer.WritePropertyName("spec"u8);
        if (spec.Placement is { } placement)
        {
            writer.WriteRawValue(placement);
            return;
        }

        writer.WriteStartObject();
        writer.WriteStartObject("serverless"u8);
        writer.WriteString("cloud"u8, options.Cloud);
        writer.WriteString("region"u8, options.Region);
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    /// <summary>The body that changes an index.</summary>
    public static ReadOnlyMemory<byte> Change(IndexChange change) => Object(change, static (writer, change) =>
    {
        if (change.DeletionProtected is { } wanted)
            writer.WriteString("deletion_protection"u8, wanted ? "enabled"u8 : "disabled"u8);
        if (change.Tags is { } tags)
            Tags(writer, tags);
    });

    private static ReadOnlyMemory<byte> Object<T>(T state, Action<Utf8JsonWriter, T> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, _options);
        writer.WriteStartObject();
        write(writer, state);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    // The default namespace goes without saying.
    private static void Namespace(Utf8JsonWriter writer, string name)
    {
        if (name.Length > 0)
            writer.WriteString("namespace"u8, name);
    }

    private static void Filter(Utf8JsonWriter writer, VectorFilter? filter)
    {
        if (filter is null)
            return;
        writer.WritePropertyName("filter"u8);
        writer.WriteRawValue(filter.Json.Span, skipInputValidation: true);
    }

    private static void Floats(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<float> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteNumberValue(value);
        writer.WriteEndArray();
    }

    private static void Tags(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> tags)
    {
        writer.WriteStartObject("tags"u8);
        foreach (var (name, value) in tags)
            writer.WriteString(name, value);
        writer.WriteEndObject();
    }
}
