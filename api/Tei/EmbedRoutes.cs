using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary><c>/embed</c>: one vector an input, and <c>/embed_all</c>: one a token.</summary>
internal sealed class EmbedRoutes(IInferenceBackend backend, ApiOptions options)
{
    public ValueTask<ApiError?> EmbedAsync(JsonExchange exchange) => RunAsync(exchange, perToken: false);

    public ValueTask<ApiError?> EmbedAllAsync(JsonExchange exchange) => RunAsync(exchange, perToken: true);

    private async ValueTask<ApiError?> RunAsync(JsonExchange exchange, bool perToken)
    {
        if (!TryParse(exchange, perToken, out var request, out var error))
            return error;
        if (!(await backend.EmbedAsync(request!, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused);
        using (output)
            await WriteAsync(exchange, output, perToken);
        return null;
    }

    private bool TryParse(JsonExchange exchange, bool perToken, out EmbedRequest? request, out ApiError? error)
    {
        var json = new RequestJson(exchange.Body.Span);
        var fields = new EmbedFields(exchange, perToken);
        Inputs? inputs = null;
        while (json.NextField())
        {
            if (json.Is("inputs"u8))
                inputs = json.Inputs("inputs", options.MaxClientBatchSize);
            else if (json.Is("parameters"u8))
                fields.ReadParameters(ref json);
            else if (!fields.TryRead(ref json))
                fields.ReadOther(ref json);
        }

        request = null;
        error = json.End();
        if (error is null && inputs?.Items is null)
            error = new(ErrorCause.WrongType, "missing field `inputs`", "inputs");
        error ??= TeiFields.CheckCount("inputs", inputs!.Value.Count, options);
        if (error is not null || !fields.Shared.TryFindModel(backend, perToken ? "/embed_all" : "/embed", out var model, out error, ModelTask.Embedding))
            return false;
        request = new EmbedRequest
        {
            Model = model.Name,
            Inputs = inputs!.Value.Items,
            Truncation = fields.Shared.Truncation(options),
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
            Normalize = perToken ? null : fields.Normalize ?? true,
            Dimensions = fields.Dimensions,
            PerToken = perToken,
            PromptName = fields.Shared.PromptName,
        };
        return true;
    }

    private static async ValueTask WriteAsync(JsonExchange exchange, TextOutput output, bool perToken)
    {
        var reply = exchange.Reply;
        reply.Raw("["u8);
        for (var i = 0; i < output.Count; i++)
        {
            if (i > 0)
                reply.Raw(","u8);
            if (perToken)
                await WriteTokensAsync(exchange, output, i);
            else
                reply.Vector(output[i]);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("]"u8);
    }

    private static async ValueTask WriteTokensAsync(JsonExchange exchange, TextOutput output, int input)
    {
        var reply = exchange.Reply;
        reply.Raw("["u8);
        for (var row = 0; row < output.Rows(input); row++)
        {
            if (row > 0)
                reply.Raw(","u8);
            reply.Vector(output[input].Slice(row * output.Dimensions, output.Dimensions));
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("]"u8);
    }
}
