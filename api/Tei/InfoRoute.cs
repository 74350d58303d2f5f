using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary>GET /info: what is served and every limit in force.</summary>
internal sealed class InfoRoute(IInferenceBackend backend, ApiOptions options, TeiProtocol protocol)
{
    public Task HandleAsync(HttpContext context)
    {
        context.Features.Set<Protocol>(protocol);
        return backend.Find(context.Request.Query["model"].ToString()).TryGet(out var model, out var error)
            ? JsonResponse.WriteAsync(context, model, Write)
            : protocol.RespondAsync(context, ApiError.Of(error));
    }

    private void Write(Utf8JsonWriter json, ModelInfo model)
    {
        json.WriteStartObject();
        json.WriteString("model_id"u8, model.Name);
        json.WriteString("model_sha"u8, model.Digest);
        json.WriteString("model_dtype"u8, model.DataType);
        json.WriteString("served_model_name"u8, model.Name);
        json.WriteStartObject("model_type"u8);
        WriteTask(json, model);
        json.WriteEndObject();
        json.WriteNumber("max_input_length"u8, model.MaxLength);
        json.WriteNumber("max_batch_tokens"u8, model.MaxBatchTokens);
        json.WriteNumber("max_client_batch_size"u8, options.MaxClientBatchSize);
        json.WriteNumber("max_body_bytes"u8, options.MaxBodyBytes);
        json.WriteBoolean("auto_truncate"u8, options.AutoTruncate);
        json.WriteString("device"u8, model.Device);
        json.WriteNumber("sessions"u8, model.Sessions);
        json.WriteNumber("threads_per_session"u8, model.ThreadsPerSession);
        json.WriteString("version"u8, typeof(InfoRoute).Assembly.GetName().Version?.ToString(3));
        json.WriteEndObject();
    }

    private static void WriteTask(Utf8JsonWriter json, ModelInfo model)
    {
        switch (model.Task)
        {
            case ModelTask.Embedding:
                json.WriteStartObject("embedding"u8);
                json.WriteString("pooling"u8, model.Pooling switch
                {
                    Pooling.LastToken => "last_token",
                    var pooling => pooling.ToString().ToLowerInvariant(),
                });
                json.WriteNumber("dimensions"u8, model.Dimensions);
                json.WriteEndObject();
                break;
            case ModelTask.Classifier or ModelTask.Reranker:
                json.WriteStartObject(model.Task == ModelTask.Classifier ? "classifier"u8 : "reranker"u8);
                json.WriteStartObject("id2label"u8);
                for (var i = 0; i < model.Labels.Length; i++)
                    json.WriteString(i.ToString(System.Globalization.CultureInfo.InvariantCulture), model.Labels[i]);
                json.WriteEndObject();
                json.WriteStartObject("label2id"u8);
                for (var i = 0; i < model.Labels.Length; i++)
                    json.WriteNumber(model.Labels[i], i);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                json.WriteStartObject("tensor"u8);
                json.WriteEndObject();
                break;
        }
    }
}
