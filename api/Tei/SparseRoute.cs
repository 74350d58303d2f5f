using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary><c>/embed_sparse</c>: of each input the entries of the vocabulary that have a weight.</summary>
internal sealed class SparseRoute(IInferenceBackend backend, ApiOptions options)
{
    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        if (!TryParse(exchange, out var request, out var error))
            return error;
        if (!(await backend.EmbedSparseAsync(request!, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused);
        var reply = exchange.Reply;
        reply.Raw("["u8);
        for (var i = 0; i < output.Vectors.Length; i++)
        {
            if (i > 0)
                reply.Raw(","u8);
            Write(reply, output.Vectors[i]);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("]"u8);
        return null;
    }

    private bool TryParse(JsonExchange exchange, out SparseRequest? request, out ApiError? error)
    {
        var json = new RequestJson(exchange.Body.Span);
        var fields = new TeiFields(exchange);
        Inputs? inputs = null;
        while (json.NextField())
        {
            if (json.Is("inputs"u8))
                inputs = json.Inputs("inputs", options.MaxClientBatchSize);
            else if (!fields.TryRead(ref json))
                fields.ReadOther(ref json);
        }

        request = null;
        error = json.End();
        if (error is null && inputs?.Items is null)
            error = new(ErrorCause.WrongType, "missing field `inputs`", "inputs");
        error ??= TeiFields.CheckCount("inputs", inputs!.Value.Count, options);
        if (error is not null || !fields.TryFindModel(backend, "/embed_sparse", out var model, out error, ModelTask.Sparse))
            return false;
        request = new SparseRequest
        {
            Model = model.Name,
            Inputs = inputs!.Value.Items,
            Truncation = fields.Truncation(options),
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
            PromptName = fields.PromptName,
        };
        return true;
    }

    private static void Write(Reply reply, SparseVector vector)
    {
        reply.Raw("["u8);
        for (var i = 0; i < vector.Indices.Length; i++)
        {
            reply.Raw(i == 0 ? "{\"index\":"u8 : ",{\"index\":"u8);
            reply.Number(vector.Indices[i]);
            reply.Raw(",\"value\":"u8);
            reply.Number(vector.Values[i]);
            reply.Raw("}"u8);
        }

        reply.Raw("]"u8);
    }
}
