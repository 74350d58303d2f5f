using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary><c>/info</c>: one model and every limit that is in force.</summary>
internal sealed class InfoRoute(IInferenceBackend backend, ApiOptions options, Protocol protocol)
{
    /// <summary>The product's version, as the assembly carries it.</summary>
    public static string Version { get; } = typeof(InfoRoute).Assembly.GetName().Version!.ToString(3);

    public async Task RunAsync(HttpContext context)
    {
        if (!backend.Find(context.Request.Query["model"].ToString()).TryGet(out var model, out var missing))
        {
            await protocol.WriteErrorAsync(context, ApiError.From(missing));
            return;
        }

        using var reply = new Reply();
        using (var json = reply.Writer())
            Write(json, model);
        await reply.CompleteAsync(context);
    }

    private void Write(Utf8JsonWriter json, ModelInfo model)
    {
        json.WriteStartObject();
        json.WriteString("model_id", model.Name);
        json.WriteString("model_sha", model.Digest);
        json.WriteString("model_dtype", model.DataType);
        json.WriteString("served_model_name", model.Name);
        WriteType(json, model);
        // Admission goes by the estimated wait and the queue's tokens, not by a number of requests.
        json.WriteNull("max_concurrent_requests");
        json.WriteNumber("max_input_length", model.MaxLength);
        json.WriteNumber("max_batch_tokens", model.MaxBatchTokens);
        json.WriteNull("max_batch_requests");
        json.WriteNumber("max_client_batch_size", options.MaxClientBatchSize);
        json.WriteBoolean("auto_truncate", options.AutoTruncate);
        json.WriteNumber("tokenization_workers", Environment.ProcessorCount);
        json.WriteString("version", Version);
        json.WriteNull("sha");
        json.WriteNull("docker_label");
        json.WriteNumber("max_body_bytes", options.MaxBodyBytes);
        json.WriteNumber("max_openai_inputs", OpenAi.EmbeddingsRoute.MaxInputs);
        json.WriteNumber("dimensions", model.Dimensions);
        json.WriteString("device", model.Device);
        json.WriteNumber("sessions", model.Sessions);
        json.WriteNumber("threads_per_session", model.ThreadsPerSession);
        json.WriteEndObject();
    }

    private static void WriteType(Utf8JsonWriter json, ModelInfo model)
    {
        json.WriteStartObject("model_type");
        switch (model.Task)
        {
            case ModelTask.Embedding:
                json.WriteStartObject("embedding");
                json.WriteString("pooling", model.Pooling == Pooling.LastToken ? "last_token" : model.Pooling.ToString().ToLowerInvariant());
                json.WriteEndObject();
                break;
            case ModelTask.Sparse:
                json.WriteStartObject("embedding");
                json.WriteString("pooling", "splade");
                json.WriteEndObject();
                break;
            case ModelTask.Classifier or ModelTask.Reranker or ModelTask.TokenClassifier:
                json.WriteStartObject(model.Task switch { ModelTask.Classifier => "classifier", ModelTask.Reranker => "reranker", _ => "token_classifier" });
                json.WriteStartObject("id2label");
                for (var i = 0; i < model.Labels.Length; i++)
                    json.WriteString(i.ToString(System.Globalization.CultureInfo.InvariantCulture), model.Labels[i]);
                json.WriteEndObject();
                json.WriteStartObject("label2id");
                for (var i = 0; i < model.Labels.Length; i++)
                    json.WriteNumber(model.Labels[i], i);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                json.WriteStartObject("tensor");
                json.WriteEndObject();
                break;
        }

        json.WriteEndObject();
    }
}
