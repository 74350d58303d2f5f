using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Scoring;

/// <summary>
/// <c>POST /inference</c>, the shape of an older service: <c>{"model_type", "data"}</c>. One name for everything: a detector, an embedding
/// model or a classifier, or <c>embedding</c> and <c>classifier</c> for the default ones. A single text is answered by a single result.
/// </summary>
internal sealed class InferenceRoute(IInferenceBackend backend, ApiOptions options)
{
    private static readonly ScoreFields AllScores = new() { ReturnScores = true };

    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        if (!TryParse(exchange, out var name, out var texts, out var single, out var error))
            return error;
        exchange.Reply.Raw("{\"model_type\":"u8);
        exchange.Reply.String(name!);
        exchange.Reply.Raw(single ? ",\"result\":"u8 : ",\"result\":["u8);
        error = await DispatchAsync(exchange, name!, texts!);
        exchange.Reply.Raw(single ? "}"u8 : "]}"u8);
        return error;
    }

    private bool TryParse(JsonExchange exchange, out string? name, out TextInput[]? texts, out bool single, out ApiError? error)
    {
        var json = new RequestJson(exchange.Body.Span);
        List<string>? data = null;
        var count = 0;
        name = null;
        single = false;
        while (json.NextField())
        {
            if (json.Is("model_type"u8))
                name = json.Text("model_type");
            else if (json.Is("data"u8))
                data = json.Texts("data", options.MaxClientBatchSize, out count, out single);
            else
                json.Skip();
        }

        error = json.End() ?? (string.IsNullOrEmpty(name) ? new ApiError(ErrorCause.Invalid, "model_type is missing", "model_type") : null)
            ?? ScoreRoute.CheckCount(data is null ? null : new Inputs([], count), options.MaxClientBatchSize, "data");
        texts = error is null ? [.. data!.Select(TextInput.Of)] : null;
        return error is null;
    }

    private ValueTask<ApiError?> DispatchAsync(JsonExchange exchange, string name, TextInput[] texts)
    {
        foreach (var detector in backend.Detectors)
        {
            if (detector.Name == name)
                return DetectAsync(exchange, name, texts);
        }

        var (asked, task) = name switch
        {
            "embedding" when !IsModel(name) => ("", ModelTask.Embedding),
            "classifier" when !IsModel(name) => ("", ModelTask.Classifier),
            _ => (name, (ModelTask?)null),
        };
        if (!backend.Find(asked, task).TryGet(out var model, out _))
            return new(new ApiError(ErrorCause.ModelNotFound, $"model_type '{name}' is neither a detector nor a model here", "model_type"));
        return model.Task == ModelTask.Embedding ? EmbedAsync(exchange, model.Name, texts) : ClassifyAsync(exchange, model, texts);
    }

    private bool IsModel(string name) => backend.Find(name).TryGet(out _, out _);

    private async ValueTask<ApiError?> DetectAsync(JsonExchange exchange, string detector, TextInput[] texts)
    {
        var fields = AllScores with { Detectors = [detector], Truncation = Truncation };
        if (!(await backend.DetectAsync(fields.Request(texts, exchange.Headers.Priority, exchange.Headers.Timeout), exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused, ("inputs", "data"));
        using (output)
        {
            for (var i = 0; i < output.Count; i++)
            {
                if (i > 0)
                    exchange.Reply.Raw(","u8);
                fields.WriteVerdict(exchange.Reply, output.Detectors[0], i);
            }
        }

        return null;
    }

    private async ValueTask<ApiError?> EmbedAsync(JsonExchange exchange, string model, TextInput[] texts)
    {
        var request = new EmbedRequest
        {
            Model = model,
            Inputs = texts,
            Truncation = Truncation,
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
        };
        if (!(await backend.EmbedAsync(request, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused, ("inputs", "data"));
        using (output)
        {
            for (var i = 0; i < output.Count; i++)
            {
                if (i > 0)
                    exchange.Reply.Raw(","u8);
                exchange.Reply.Vector(output[i]);
            }
        }

        return null;
    }

    private async ValueTask<ApiError?> ClassifyAsync(JsonExchange exchange, ModelInfo model, TextInput[] texts)
    {
        var request = new ScoreRequest
        {
            Model = model.Name,
            Inputs = texts,
            Truncation = Truncation,
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
        };
        if (!(await backend.ScoreAsync(request, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused, ("inputs", "data"));
        using (output)
        {
            var probabilities = new float[output.Dimensions];
            for (var i = 0; i < output.Count; i++)
            {
                Scores.Of(model.ScoreFunction, output[i], probabilities);
                if (i > 0)
                    exchange.Reply.Raw(","u8);
                WriteLabels(exchange.Reply, model, probabilities);
            }
        }

        return null;
    }

    private static void WriteLabels(Reply reply, ModelInfo model, float[] probabilities)
    {
        var best = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(probabilities);
        reply.Raw("{\"label\":"u8);
        reply.String(model.Labels[best]);
        reply.Raw(",\"probability\":"u8);
        reply.Number(probabilities[best]);
        reply.Raw(",\"scores\":{"u8);
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (i > 0)
                reply.Raw(","u8);
            reply.String(model.Labels[i]);
            reply.Raw(":"u8);
            reply.Number(probabilities[i]);
        }

        reply.Raw("}}"u8);
    }

    private Truncation Truncation => options.AutoTruncate ? Engine.Truncation.Right : Engine.Truncation.Refuse;
}
