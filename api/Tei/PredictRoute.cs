using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary><c>/predict</c>: labels with their scores, best first.</summary>
internal sealed class PredictRoute(IInferenceBackend backend, ApiOptions options)
{
    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        if (!TryParse(exchange, out var request, out var model, out var batch, out var raw, out var error))
            return error;
        if (!(await backend.ScoreAsync(request!, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused);
        using (output)
        {
            var reply = exchange.Reply;
            if (batch)
                reply.Raw("["u8);
            for (var i = 0; i < output.Count; i++)
            {
                if (i > 0)
                    reply.Raw(","u8);
                LabelScores.Write(reply, model!.Labels, output[i], raw ? ScoreFunction.Identity : model.ScoreFunction);
                await reply.SendPartAsync(exchange.Context);
            }

            if (batch)
                reply.Raw("]"u8);
        }

        return null;
    }

    private bool TryParse(JsonExchange exchange, out ScoreRequest? request, out ModelInfo? model, out bool batch, out bool raw, out ApiError? error)
    {
        var json = new RequestJson(exchange.Body.Span);
        var fields = new TeiFields(exchange);
        Inputs? inputs = null;
        batch = false;
        raw = false;
        while (json.NextField())
        {
            if (json.Is("inputs"u8))
                inputs = ReadInputs(ref json, out batch);
            else if (json.Is("raw_scores"u8))
                raw = json.Flag("raw_scores") ?? false;
            else if (!fields.TryRead(ref json))
                json.Skip();
        }

        request = null;
        model = null;
        error = json.End();
        if (error is null && inputs?.Items is null)
            error = new(ErrorCause.WrongType, "missing field `inputs`", "inputs");
        error ??= TeiFields.CheckCount("inputs", inputs!.Value.Count, options);
        if (error is not null || !fields.TryFindModel(backend, "/predict", out model, out error, ModelTask.Classifier, ModelTask.Reranker))
            return false;
        request = new ScoreRequest
        {
            Model = model.Name,
            Inputs = inputs!.Value.Items,
            Truncation = fields.Truncation(options),
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
        };
        return true;
    }

    /// <summary>"a" is a text, ["a"] too, ["a","b"] one pair; a list of lists is a batch of these.</summary>
    private Inputs ReadInputs(ref RequestJson json, out bool batch)
    {
        batch = false;
        if (!json.Next() || json.At(JsonTokenType.Null))
            return default;
        if (json.At(JsonTokenType.String))
            return new([TextInput.Of(json.Current())], 1);
        if (!json.At(JsonTokenType.StartArray))
        {
            json.Wrong("inputs", "a string, a pair of strings, or an array of these");
            return default;
        }

        if (!json.Next() || json.At(JsonTokenType.EndArray))
            return new([], 0);
        if (json.At(JsonTokenType.String))
            return ReadSequence(ref json, "inputs") is { } one ? new([one], 1) : default;

        batch = true;
        var items = new List<TextInput>();
        var count = 0;
        do
        {
            if (!json.At(JsonTokenType.StartArray) || !json.Next() || !json.At(JsonTokenType.String))
            {
                json.Wrong($"inputs[{count}]", "an array of one or two strings");
                return default;
            }

            if (ReadSequence(ref json, "inputs") is not { } item)
                return default;
            if (count++ < options.MaxClientBatchSize)
                items.Add(item);
        }
        while (json.Next() && !json.At(JsonTokenType.EndArray));
        return new(items, count);
    }

    /// <summary>One or two strings, from the first to the array's end.</summary>
    private static TextInput? ReadSequence(ref RequestJson json, string field)
    {
        var first = json.Current();
        string? second = null;
        if (json.Next() && json.At(JsonTokenType.String))
        {
            second = json.Current();
            json.Next();
        }

        if (!json.At(JsonTokenType.EndArray))
        {
            json.Fail(ErrorCause.WrongType, $"{field}: a sequence is one string or two", field);
            return null;
        }

        return second is null ? TextInput.Of(first) : TextInput.OfPair(first, second);
    }
}
