using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary><c>/tokenize</c>: texts to tokens with their places, and <c>/decode</c>: token ids to texts.</summary>
internal sealed class TokenizeRoutes(IInferenceBackend backend, ApiOptions options)
{
    // As Text Embeddings Inference guards its tokenizer: no vocabulary's tokens average this long.
    private const int MaxCharsPerToken = 250;

    public async ValueTask<ApiError?> TokenizeAsync(JsonExchange exchange)
    {
        if (!TryParseTexts(exchange, out var texts, out var special, out var model, out var prompt, out var error))
            return error;
        var reply = exchange.Reply;
        reply.Raw("["u8);
        var one = new string[1];
        for (var i = 0; i < texts!.Count; i++)
        {
            // One text at a time: tokens take much more memory than the text they come from.
            one[0] = prompt + texts[i];
            if (!(await backend.TokenizeAsync(model!.Name, one, special, exchange.Cancellation)).TryGet(out var tokens, out var refused))
                return ApiError.From(refused);
            if (i > 0)
                reply.Raw(","u8);
            Write(reply, tokens[0]);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("]"u8);
        return null;
    }

    public async ValueTask<ApiError?> DecodeAsync(JsonExchange exchange)
    {
        if (!TryParseIds(exchange, out var ids, out var skipSpecial, out var model, out var error))
            return error;
        if (!(await backend.DecodeAsync(model!.Name, ids!, skipSpecial, exchange.Cancellation)).TryGet(out var texts, out var refused))
            return ApiError.From(refused);
        var reply = exchange.Reply;
        reply.Raw("["u8);
        for (var i = 0; i < texts.Count; i++)
        {
            if (i > 0)
                reply.Raw(","u8);
            reply.String(texts[i]);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("]"u8);
        return null;
    }

    private bool TryParseTexts(JsonExchange exchange, out List<string>? texts, out bool special, out ModelInfo? model, out string? prompt, out ApiError? error)
    {
        var json = new RequestJson(exchange.Body.Span);
        var fields = default(TeiFields);
        var count = 0;
        texts = null;
        special = true;
        while (json.NextField())
        {
            if (json.Is("inputs"u8))
                texts = json.Texts("inputs", options.MaxClientBatchSize, out count, allowOne: true);
            else if (json.Is("add_special_tokens"u8))
                special = json.Flag("add_special_tokens") ?? true;
            else if (!fields.TryRead(ref json))
                json.Skip();
        }

        model = null;
        prompt = null;
        error = json.End();
        if (error is null && texts is null)
            error = new(ErrorCause.WrongType, "missing field `inputs`", "inputs");
        error ??= TeiFields.CheckCount("inputs", count, options);
        if (error is not null || !fields.TryFindModel(backend, "/tokenize", out model, out error, ModelLookup.TextTasks))
            return false;
        if (fields.PromptName is { } name && !model.Prompts.TryGetValue(name, out prompt))
            error = new(ErrorCause.TooLarge, $"prompt_name '{name}' is not one of the model's: {string.Join(", ", model.Prompts.Keys)}", "prompt_name");
        for (var i = 0; i < texts!.Count && error is null; i++)
        {
            if (texts[i].Length == 0)
                error = new(ErrorCause.Empty, $"`inputs[{i}]` cannot be empty", "inputs");
            else if (model.State == ModelState.Ready && texts[i].Length > (long)MaxCharsPerToken * model.MaxLength)
                error = new(ErrorCause.TooLarge, $"`inputs[{i}]` must have at most {(long)MaxCharsPerToken * model.MaxLength} characters. Given: {texts[i].Length}", "inputs");
        }

        return error is null;
    }

    private bool TryParseIds(JsonExchange exchange, out List<int[]>? ids, out bool skipSpecial, out ModelInfo? model, out ApiError? error)
    {
        var json = new RequestJson(exchange.Body.Span);
        var fields = default(TeiFields);
        var count = 0;
        ids = null;
        skipSpecial = true;
        while (json.NextField())
        {
            if (json.Is("ids"u8))
                ids = json.IdLists("ids", options.MaxClientBatchSize, out count);
            else if (json.Is("skip_special_tokens"u8))
                skipSpecial = json.Flag("skip_special_tokens") ?? true;
            else if (!fields.TryRead(ref json))
                json.Skip();
        }

        model = null;
        error = json.End();
        if (error is null && ids is null)
            error = new(ErrorCause.WrongType, "missing field `ids`", "ids");
        error ??= TeiFields.CheckCount("ids", count, options);
        return error is null && fields.TryFindModel(backend, "/decode", out model, out error, ModelLookup.TextTasks);
    }

    private static void Write(Reply reply, TokenInfo[] tokens)
    {
        reply.Raw("["u8);
        for (var i = 0; i < tokens.Length; i++)
        {
            ref readonly var token = ref tokens[i];
            reply.Raw(i == 0 ? "{\"id\":"u8 : ",{\"id\":"u8);
            reply.Number(token.Id);
            reply.Raw(",\"text\":"u8);
            reply.String(token.Text);
            reply.Raw(token.Special ? ",\"special\":true,\"start\":"u8 : ",\"special\":false,\"start\":"u8);
            Place(reply, token.Start);
            reply.Raw(",\"stop\":"u8);
            Place(reply, token.Stop);
            reply.Raw("}"u8);
        }

        reply.Raw("]"u8);
    }

    private static void Place(Reply reply, int? place)
    {
        if (place is { } at)
            reply.Number(at);
        else
            reply.Raw("null"u8);
    }
}
