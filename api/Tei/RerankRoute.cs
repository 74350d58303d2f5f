using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary><c>/rerank</c>: texts in the order of their relevance to a query, by a cross-encoder.</summary>
internal sealed class RerankRoute(IInferenceBackend backend, ApiOptions options)
{
    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        if (!TryParse(exchange, out var parsed, out var error))
            return error;
        if (!(await backend.ScoreAsync(parsed!.Request, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused, ("inputs", "texts"));
        using (output)
        {
            var (scores, order) = Scores.Ranked(output, parsed.Function);
            await WriteAsync(exchange, parsed, scores, order);
        }

        return null;
    }

    private bool TryParse(JsonExchange exchange, out Parsed? parsed, out ApiError? error)
    {
        var json = new RequestJson(exchange.Body.Span);
        var fields = new TeiFields(exchange);
        string? query = null;
        List<string>? texts = null;
        var count = 0;
        bool raw = false, returnText = false;
        while (json.NextField())
        {
            if (json.Is("query"u8))
                query = json.Text("query");
            else if (json.Is("texts"u8))
                texts = json.Texts("texts", options.MaxClientBatchSize, out count);
            else if (json.Is("raw_scores"u8))
                raw = json.Flag("raw_scores") ?? false;
            else if (json.Is("return_text"u8))
                returnText = json.Flag("return_text") ?? false;
            else if (!fields.TryRead(ref json))
                fields.ReadOther(ref json);
        }

        parsed = null;
        error = json.End();
        if (error is null && query is null)
            error = new(ErrorCause.WrongType, "missing field `query`", "query");
        if (error is null && texts is null)
            error = new(ErrorCause.WrongType, "missing field `texts`", "texts");
        if (error is null && query!.Length == 0)
            error = new(ErrorCause.Empty, "`query` cannot be empty", "query");
        error ??= TeiFields.CheckCount("texts", count, options);
        if (error is not null || !fields.TryFindModel(backend, "/rerank", out var model, out error, ModelTask.Reranker))
            return false;

        var inputs = new TextInput[count];
        for (var i = 0; i < count; i++)
        {
            if (texts![i].Length == 0)
            {
                error = new(ErrorCause.Empty, $"`texts[{i}]` cannot be empty", "texts");
                return false;
            }

            inputs[i] = TextInput.OfPair(query!, texts[i]);
        }

        var request = new ScoreRequest
        {
            Model = model.Name,
            Inputs = inputs,
            Truncation = fields.Truncation(options),
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
        };
        parsed = new Parsed(request, raw ? ScoreFunction.Identity : model.ScoreFunction, texts!, returnText);
        return true;
    }

    private static async ValueTask WriteAsync(JsonExchange exchange, Parsed parsed, float[] scores, int[] order)
    {
        var reply = exchange.Reply;
        reply.Raw("["u8);
        for (var i = 0; i < order.Length; i++)
        {
            reply.Raw(i == 0 ? "{\"index\":"u8 : ",{\"index\":"u8);
            reply.Number(order[i]);
            reply.Raw(",\"score\":"u8);
            reply.Number(scores[order[i]]);
            if (parsed.ReturnText)
            {
                reply.Raw(",\"text\":"u8);
                reply.String(parsed.Texts[order[i]]);
            }

            reply.Raw("}"u8);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("]"u8);
    }

    private sealed record Parsed(ScoreRequest Request, ScoreFunction Function, List<string> Texts, bool ReturnText);
}
