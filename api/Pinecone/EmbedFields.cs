using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Api.Pinecone.Inference;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary>What a request says of how an index embeds texts: <c>{"model","field_map":{"text":"field"},"metric","dimension","read_parameters","write_parameters"}</c>.</summary>
internal sealed record EmbedFields
{
    private const int MaxFieldName = 200;

    public string? Metric { get; private set; }

    public int? Dimension { get; private set; }

    private string? Model { get; set; }

    private string? TextField { get; set; }

    private Range ReadParameters { get; set; }

    private Range WriteParameters { get; set; }

    /// <summary>Reads the field; null when it is null.</summary>
    public static EmbedFields? Read(ref RequestJson json)
    {
        if (!json.EnterObject("embed"))
            return null;
        var fields = new EmbedFields();
        while (json.NextField())
        {
            if (json.Is("model"u8))
                fields.Model = json.Text("embed.model");
            else if (json.Is("field_map"u8, "fieldMap"u8))
                fields.ReadMap(ref json);
            else if (json.Is("metric"u8))
                fields.Metric = json.Text("embed.metric");
            else if (json.Is("dimension"u8))
                fields.Dimension = json.Integer("embed.dimension");
            else if (json.Is("read_parameters"u8, "readParameters"u8))
                fields.ReadParameters = json.ObjectPlace("embed.read_parameters");
            else if (json.Is("write_parameters"u8, "writeParameters"u8))
                fields.WriteParameters = json.ObjectPlace("embed.write_parameters");
            else
                json.Refuse("embed");
        }

        return fields;
    }

    /// <summary>Finds the model, and says how texts become vectors.</summary>
    public ApiError? Find(JsonExchange exchange, IInferenceBackend backend, out ModelInfo? model, out IndexEmbedding? embedding)
    {
        embedding = null;
        if (!ModelChoice.TryFind(backend, Model, "embed.model", ModelTask.Embedding, out model, out var error))
            return error;
        if (model.State != ModelState.Ready)
            return ApiError.From(ModelLookup.NotReady(model));
        if (TextField is not { Length: >= 1 and <= MaxFieldName } || TextField is "_id" or "id")
            return new(ErrorCause.Invalid, $"embed.field_map must name the field of texts, {{\"text\": \"chunk_text\"}} say, of at most {MaxFieldName} characters and not the id", "embed");
        var (read, write) = (exchange.Body[ReadParameters], exchange.Body[WriteParameters]);
        if ((InferenceParameters.Read(read, "embed.read_parameters", InferenceParameters.Query, out _) ?? InferenceParameters.Read(write, "embed.write_parameters", InferenceParameters.Passage, out _)) is { } wrong)
            return wrong;
        embedding = new IndexEmbedding(model.Name, TextField, Kept(write), Kept(read));
        return null;
    }

    /// <summary>Parameters that were read, as they are kept: each that is known once, without what stands between them.</summary>
    private static string? Kept(ReadOnlyMemory<byte> parameters)
    {
        if (parameters.IsEmpty)
            return null;
        using var document = JsonDocument.Parse(parameters);
        return Placement.Only(document.RootElement, InferenceParameters.Names);
    }

    private void ReadMap(ref RequestJson json)
    {
        if (!json.EnterObject("embed.field_map"))
            return;
        while (json.NextField())
        {
            if (json.Is("text"u8))
                TextField = json.Text("embed.field_map.text");
            else
                json.Refuse("embed.field_map");
        }
    }
}
