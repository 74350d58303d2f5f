using System.Numerics.Tensors;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary><c>/similarity</c>: the cosine of one sentence's embedding with each of the others'.</summary>
internal sealed class SimilarityRoute(IInferenceBackend backend, ApiOptions options)
{
    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        if (!TryParse(exchange, out var request, out var error))
            return error;
        var last = request!.Inputs.Count - 1;
        if (!(await backend.EmbedAsync(request, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused, ($"inputs[{last}]", "source_sentence"), ("inputs", "sentences"));
        using (output)
            return Write(exchange.Reply, output);
    }

    private bool TryParse(JsonExchange exchange, out EmbedRequest? request, out ApiError? error)
    {
        var json = new RequestJson(exchange.Body.Span);
        var fields = new TeiFields(exchange);
        string? source = null;
        List<string>? sentences = null;
        var count = 0;
        while (json.NextField())
        {
            if (json.Is("inputs"u8))
                ReadInputs(ref json, fields, ref source, ref sentences, ref count);
            else if (json.Is("parameters"u8))
                fields.ReadParameters(ref json);
            else if (!fields.TryRead(ref json))
                fields.ReadOther(ref json);
        }

        request = null;
        error = json.End();
        if (error is null && source is null)
            error = new(ErrorCause.WrongType, "missing field `source_sentence`", "source_sentence");
        if (error is null && sentences is null)
            error = new(ErrorCause.WrongType, "missing field `sentences`", "sentences");
        if (error is null && count == 0)
            error = new(ErrorCause.Empty, "`sentences` cannot be empty", "sentences");
        error ??= TeiFields.CheckCount("sentences", count + 1, options);
        if (error is not null || !fields.TryFindModel(backend, "/similarity", out var model, out error, ModelTask.Embedding))
            return false;

        // The source goes last so that the engine's messages number the sentences as the caller did.
        var inputs = new TextInput[count + 1];
        for (var i = 0; i < count; i++)
            inputs[i] = TextInput.Of(sentences![i]);
        inputs[count] = TextInput.Of(source!);
        request = new EmbedRequest
        {
            Model = model.Name,
            Inputs = inputs,
            Truncation = fields.Truncation(options),
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
            Normalize = true,
            PromptName = fields.PromptName,
        };
        return true;
    }

    private void ReadInputs(ref RequestJson json, TeiFields fields, ref string? source, ref List<string>? sentences, ref int count)
    {
        if (!json.EnterObject("inputs"))
            return;
        while (json.NextField())
        {
            if (json.Is("source_sentence"u8))
                source = json.Text("source_sentence");
            else if (json.Is("sentences"u8))
                sentences = json.Texts("sentences", options.MaxClientBatchSize, out count);
            else
                fields.PassOver(ref json, "inputs: ");
        }
    }

    private static ApiError? Write(Reply reply, TextOutput output)
    {
        var source = output[output.Count - 1];
        reply.Raw("["u8);
        for (var i = 0; i < output.Count - 1; i++)
        {
            var cosine = TensorPrimitives.Dot(source, output[i]);
            if (!float.IsFinite(cosine))
                return new(ErrorCause.Failed, $"the similarity to sentences[{i}] is not finite");
            if (i > 0)
                reply.Raw(","u8);
            reply.Number(cosine);
        }

        reply.Raw("]"u8);
        return null;
    }
}
