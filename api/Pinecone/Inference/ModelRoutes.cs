using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Pinecone.Inference;

/// <summary><c>/models</c>: the server's embedding models and cross-encoders, as Pinecone tells its own.</summary>
internal sealed class ModelRoutes(IInferenceBackend backend, ApiOptions options)
{
    public ValueTask<ApiError?> ListAsync(JsonExchange exchange)
    {
        var type = PineconeFields.Parameter(exchange, "type");
        var vectors = PineconeFields.Parameter(exchange, "vector_type");
        if (type is not (null or "embed" or "rerank"))
            return new(new ApiError(ErrorCause.Invalid, $"type must be embed or rerank, not '{type}'", "type"));
        if (vectors is not (null or "dense" or "sparse"))
            return new(new ApiError(ErrorCause.Invalid, $"vector_type must be dense or sparse, not '{vectors}'", "vector_type"));
        using var json = exchange.Reply.Writer();
        json.WriteStartObject();
        json.WriteStartArray("models");
        foreach (var model in backend.Models)
        {
            if (TypeOf(model) is { } its && its == (type ?? its) && (vectors is null || (vectors == "dense" && its == "embed")))
                Write(json, model, its);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return default;
    }

    public ValueTask<ApiError?> DescribeAsync(JsonExchange exchange)
    {
        var name = Uri.UnescapeDataString((string)exchange.Context.Request.RouteValues["model"]!);
        if (name.Length == 0 || !backend.Find(name).TryGet(out var model, out _) || TypeOf(model) is not { } type)
            return new(new ApiError(ErrorCause.ModelNotFound, $"there is no model '{name}' that embeds or reranks", "model"));
        using var json = exchange.Reply.Writer();
        Write(json, model, type);
        return default;
    }

    private static string? TypeOf(ModelInfo model) => model.State != ModelState.Ready ? null : model.Task switch
    {
        ModelTask.Embedding => "embed",
        ModelTask.Reranker => "rerank",
        _ => null,
    };

    private void Write(Utf8JsonWriter json, ModelInfo model, string type)
    {
        var embeds = type == "embed";
        json.WriteStartObject();
        json.WriteString("model", model.Name);
        json.WriteString("short_description", embeds ? $"An embedding model of this server, version {model.Digest[..12]}." : $"A cross-encoder of this server, version {model.Digest[..12]}.");
        json.WriteString("type", type);
        json.WriteString("modality", "text");
        json.WriteNumber("max_sequence_length", model.MaxLength);
        json.WriteNumber("max_batch_size", options.MaxClientBatchSize);
        json.WriteString("provider_name", "Orrery");
        if (embeds)
        {
            json.WriteString("vector_type", "dense");
            json.WriteNumber("default_dimension", model.Dimensions);
            json.WriteStartArray("supported_metrics");
            foreach (var metric in (string[])["cosine", "dotproduct", "euclidean"])
                json.WriteStringValue(metric);
            json.WriteEndArray();
        }

        json.WriteStartArray("supported_parameters");
        if (embeds)
            WriteParameter(json, "input_type", null, InferenceParameters.Query, InferenceParameters.Passage);
        WriteParameter(json, "truncate", "END", "END", "START", "NONE");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteParameter(Utf8JsonWriter json, string name, string? usual, params ReadOnlySpan<string> values)
    {
        json.WriteStartObject();
        json.WriteString("parameter", name);
        json.WriteString("type", "one_of");
        json.WriteString("value_type", "string");
        json.WriteBoolean("required", false);
        if (usual is not null)
            json.WriteString("default", usual);
        json.WriteStartArray("allowed_values");
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
