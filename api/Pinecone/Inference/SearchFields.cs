using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone.Inference;

/// <summary>What a search for records says: <c>{"query":{"inputs":{"text"},"top_k","filter"},"fields","rerank"}</c>.</summary>
internal sealed record SearchFields
{
    private const int MaxFields = 1000;

    /// <summary>The text; null where a vector or a record's id is given instead.</summary>
    public string? Text { get; private set; }

    public ReadOnlyMemory<float> Vector { get; private set; }

    public string? Id { get; private set; }

    public int TopK { get; private set; }

    public VectorFilter? Filter { get; private set; }

    /// <summary>The fields that are told of each record; null for all.</summary>
    public IReadOnlyList<string>? Fields { get; private set; }

    /// <summary>How what was found is put in order; null for by its distance.</summary>
    public RerankFields? Rerank { get; private set; }

    /// <summary>Reads a body.</summary>
    public static ApiError? Read(JsonExchange exchange, out SearchFields fields)
    {
        fields = new SearchFields();
        var json = PineconeFields.Enter(exchange);
        int? top = null;
        var filter = default(Range);
        while (json.NextField())
        {
            if (json.Is("query"u8))
                fields.ReadQuery(ref json, ref top, ref filter);
            else if (json.Is("fields"u8))
                fields.Fields = json.Texts("fields", MaxFields);
            else if (json.Is("rerank"u8))
                fields.Rerank = RerankFields.Read(ref json);
            else
                json.Refuse();
        }

        if (json.End() is { } error)
            return error;
        if (top is null)
            return new(ErrorCause.Invalid, "query.top_k is missing", "query");
        if ((fields.Text is null ? 0 : 1) + (fields.Vector.IsEmpty ? 0 : 1) + (fields.Id is null ? 0 : 1) != 1)
            return new(ErrorCause.Invalid, "exactly one of query.inputs, query.vector and query.id must be given", "query");
        fields.TopK = top.Value;
        VectorFilter? parsed = null;
        if ((PineconeFields.CheckLimit("query.top_k", top.Value, RecordCheck.MaxTop) ?? PineconeFields.Filter(exchange, filter, out parsed)) is { } wrong)
            return wrong;
        fields.Filter = parsed;
        return fields.Rerank?.Check();
    }

    /// <summary>Writes a record's fields, those that were asked for.</summary>
    public void WriteFields(Reply reply, ReadOnlyMemory<byte> metadata)
    {
        if (metadata.IsEmpty || Fields is null)
        {
            reply.Raw(metadata.IsEmpty ? "{}"u8 : metadata.Span);
            return;
        }

        using var document = JsonDocument.Parse(metadata);
        using var json = reply.Writer();
        json.WriteStartObject();
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (Fields.Contains(property.Name))
                property.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private void ReadQuery(ref RequestJson json, ref int? top, ref Range filter)
    {
        if (!json.EnterObject("query"))
            return;
        while (json.NextField())
        {
            if (json.Is("inputs"u8))
                ReadInputs(ref json);
            else if (json.Is("top_k"u8, "topK"u8))
                top = json.Integer("query.top_k");
            else if (json.Is("filter"u8))
                filter = json.ObjectPlace("query.filter");
            else if (json.Is("id"u8))
                Id = json.Text("query.id");
            else if (json.Is("vector"u8))
                ReadVector(ref json);
            else
                json.Refuse("query");
        }
    }

    private void ReadInputs(ref RequestJson json)
    {
        if (!json.EnterObject("query.inputs"))
            return;
        while (json.NextField())
        {
            if (json.Is("text"u8))
                Text = json.Text("query.inputs.text");
            else
                json.Refuse("query.inputs");
        }
    }

    private void ReadVector(ref RequestJson json)
    {
        if (!json.EnterObject("query.vector"))
            return;
        while (json.NextField())
        {
            if (json.Is("values"u8))
                Vector = json.Floats("query.vector.values", RecordCheck.MaxDimension);
            else
                json.Refuse("query.vector");
        }
    }
}

/// <summary>What a search says of reranking what it finds.</summary>
/// <param name="Model">The cross-encoder.</param>
/// <param name="Fields">The fields that are compared with the query; empty for the one that was embedded.</param>
/// <param name="Top">How many are wanted; null for all that were found.</param>
/// <param name="Query">What they are compared with; null for the search's text.</param>
/// <param name="Parameters">Where in the body its parameters are.</param>
internal sealed record RerankFields(string? Model, IReadOnlyList<string> Fields, int? Top, string? Query, Range Parameters)
{
    private const int MaxFields = 16;

    /// <summary>Reads them; null when they are null.</summary>
    public static RerankFields? Read(ref RequestJson json)
    {
        if (!json.EnterObject("rerank"))
            return null;
        var fields = new RerankFields(null, [], null, null, default);
        while (json.NextField())
        {
            if (json.Is("model"u8))
                fields = fields with { Model = json.Text("rerank.model") };
            else if (json.Is("rank_fields"u8, "rankFields"u8))
                fields = fields with { Fields = json.Texts("rerank.rank_fields", MaxFields) ?? [] };
            else if (json.Is("top_n"u8, "topN"u8))
                fields = fields with { Top = json.Integer("rerank.top_n") };
            else if (json.Is("query"u8))
                fields = fields with { Query = json.Text("rerank.query") };
            else if (json.Is("parameters"u8))
                fields = fields with { Parameters = json.ObjectPlace("rerank.parameters") };
            else
                json.Refuse("rerank");
        }

        return fields;
    }

    /// <summary>Says what is wrong; null when nothing is.</summary>
    public ApiError? Check() => Top is < 1 ? new(ErrorCause.Invalid, $"rerank.top_n must be at least 1, not {Top}", "rerank") : null;
}
