using System.Numerics.Tensors;
using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary>/predict and /rerank.</summary>
internal sealed class ScoreRoutes(IInferenceBackend backend, ApiOptions options)
{
    /// <summary>
    /// Labels of a text, a pair, or a batch of either, best first. <c>"s"</c> is a text, <c>["a","b"]</c> a pair, <c>[["a"],["a","b"]]</c> a batch.
    /// </summary>
    public async ValueTask<ApiError?> PredictAsync(Fields fields, CallOptions call, Utf8JsonWriter json, CancellationToken cancellation)
    {
        var (inputs, batch) = PredictInputs(fields);
        var raw = fields.Bool("raw_scores") ?? false;
        var truncation = fields.Truncation(options);
        var name = fields.Model();
        if (fields.Error is { } wrong)
            return wrong;
        if (inputs is null)
            return ApiError.Invalid("'inputs' is missing", "inputs");
        if (TeiFields.CheckCount(inputs.Count, "inputs", options) is { } count)
            return count;
        if (!backend.Find(name, ModelTask.Classifier).TryGet(out var model, out var unknown))
            return ApiError.Of(unknown);
        var request = new ScoreRequest { Model = name.Length > 0 ? name : model.Name, Inputs = inputs, Truncation = truncation, Priority = call.Priority, Timeout = call.Timeout };
        if (!(await backend.ScoreAsync(request, cancellation)).TryGet(out var output, out var error))
            return ApiError.Of(error);
        using (output)
        {
            // Labels are known once the model is loaded, which it is now.
            var labels = backend.Find(request.Model).Value!.Labels;
            if (batch)
                json.WriteStartArray();
            for (var i = 0; i < output.Count; i++)
                WriteLabels(json, labels, output.Memory(i).Span, raw);
            if (batch)
                json.WriteEndArray();
        }

        return null;
    }

    /// <summary>Scores of texts for a query, best first.</summary>
    public async ValueTask<ApiError?> RerankAsync(Fields fields, CallOptions call, Utf8JsonWriter json, CancellationToken cancellation)
    {
        var query = fields.Text("query");
        var texts = fields.Texts("texts");
        var raw = fields.Bool("raw_scores") ?? false;
        var withText = fields.Bool("return_text") ?? false;
        var truncation = fields.Truncation(options);
        var name = fields.Model();
        if (fields.Error is { } wrong)
            return wrong;
        if (query is null)
            return ApiError.Invalid("'query' is missing", "query");
        if (texts is null)
            return ApiError.Invalid("'texts' is missing", "texts");
        if (TeiFields.CheckCount(texts.Count, "texts", options) is { } count)
            return count;
        if (!backend.Find(name, ModelTask.Reranker).TryGet(out var model, out var unknown))
            return ApiError.Of(unknown);
        if (model is { State: ModelState.Ready, Task: not ModelTask.Reranker })
            return new ApiError(424, InferenceErrorKind.WrongTask, $"model '{model.Name}' is not a reranker", "model");

        var pairs = new TextInput[texts.Count];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = TextInput.OfPair(query, texts[i]);
        var request = new ScoreRequest { Model = name.Length > 0 ? name : model.Name, Inputs = pairs, Truncation = truncation, Priority = call.Priority, Timeout = call.Timeout };
        if (!(await backend.ScoreAsync(request, cancellation)).TryGet(out var output, out var error))
            return ApiError.Of(error);
        using (output)
        {
            var scores = new float[output.Count];
            var order = new int[output.Count];
            for (var i = 0; i < scores.Length; i++)
                (scores[i], order[i]) = (raw ? output[i][0] : Sigmoid(output[i][0]), i);
            SortDescending(scores, order);
            json.WriteStartArray();
            for (var i = 0; i < order.Length; i++)
            {
                json.WriteStartObject();
                json.WriteNumber("index"u8, order[i]);
                if (withText)
                    json.WriteString("text"u8, texts[order[i]]);
                json.WriteNumber("score"u8, scores[i]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return null;
    }

    private static (List<TextInput>? Inputs, bool Batch) PredictInputs(Fields fields)
    {
        if (fields.Element("inputs") is not { } value)
            return (null, false);
        if (value.ValueKind == JsonValueKind.String)
            return (fields.Text(value, "inputs") is { } text ? [TextInput.Of(text)] : null, false);
        if (value.ValueKind != JsonValueKind.Array)
            return (fields.Wrong<List<TextInput>>("inputs", "a text, a pair, or a list of texts and pairs"), false);
        if (value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.String)
            return (One(fields, value) is { } pair ? [pair] : null, false);
        var inputs = new List<TextInput>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            if (One(fields, item) is not { } input)
                return (null, true);
            inputs.Add(input);
        }

        return (inputs, true);
    }

    /// <summary><c>["a"]</c> or <c>["a","b"]</c>.</summary>
    private static TextInput? One(Fields fields, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is not (1 or 2))
            return fields.Wrong<TextInput?>("inputs", "a text, a pair of two texts, or a list of [text] and [text, text]");
        if (fields.Text(value[0], "inputs") is not { } first)
            return null;
        if (value.GetArrayLength() == 1)
            return TextInput.Of(first);
        return fields.Text(value[1], "inputs") is { } second ? TextInput.OfPair(first, second) : null;
    }

    private static void WriteLabels(Utf8JsonWriter json, IReadOnlyList<string> labels, Span<float> scores, bool raw)
    {
        if (!raw && scores.Length == 1)
            scores[0] = Sigmoid(scores[0]);
        else if (!raw)
            TensorPrimitives.SoftMax(scores, scores);
        var order = new int[scores.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        SortDescending(scores, order);
        json.WriteStartArray();
        for (var i = 0; i < order.Length; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("score"u8, scores[i]);
            json.WriteString("label"u8, labels[order[i]]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void SortDescending(Span<float> scores, Span<int> order) => scores.Sort(order, static (a, b) => b.CompareTo(a));

    private static float Sigmoid(float logit) => 1 / (1 + MathF.Exp(-logit));
}
