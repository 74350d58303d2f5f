using Orrery.Api.Admin;
using Orrery.Api.Http;
using Orrery.Api.Vectors;
using Orrery.Engine;

namespace Orrery.Api.OpenAi;

/// <summary>
/// <c>/v1/embeddings</c>. As OpenAI does it: unit vectors, nothing truncated unless the extension <c>truncate</c> says so, all or nothing.
/// Without <c>model</c> the default embedding model answers, as with Text Embeddings Inference.
/// </summary>
internal sealed class EmbeddingsRoute(IInferenceBackend backend, ChangeGuard guard)
{
    /// <summary>The most inputs of one request.</summary>
    public const int MaxInputs = 2048;

    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        if (!TryParse(exchange, out var request, out var base64, out var error))
            return error;
        if (request!.Upsert is not null && guard.Change(exchange.Context) is { } forbidden)
            return forbidden;
        if (!(await backend.EmbedAsync(request, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused, ("inputs", "input"));
        using (output)
            await WriteAsync(exchange, output, request.Model, base64);
        return null;
    }

    private bool TryParse(JsonExchange exchange, out EmbedRequest? request, out bool base64, out ApiError? error)
    {
        var json = new RequestJson(exchange.Body.Span);
        Inputs? inputs = null;
        string? name = null, format = null, promptName = null, prompt = null;
        int? dimensions = null;
        var truncate = false;
        UpsertTarget? upsert = null;
        while (json.NextField())
        {
            if (json.Is("input"u8))
                inputs = json.Inputs("input", MaxInputs);
            else if (json.Is("model"u8))
                name = json.Text("model");
            else if (json.Is("encoding_format"u8))
                format = json.Text("encoding_format");
            else if (json.Is("dimensions"u8))
                dimensions = json.Integer("dimensions");
            else if (json.Is("truncate"u8))
                truncate = json.Flag("truncate") ?? false;
            else if (json.Is("prompt_name"u8))
                promptName = json.Text("prompt_name");
            else if (json.Is("prompt"u8))
                prompt = json.Text("prompt");
            else if (json.Is("upsert"u8))
                upsert = UpsertFields.Read(ref json, MaxInputs);
            else
                json.Skip();
        }

        request = null;
        base64 = format == "base64";
        error = json.End() ?? Check(inputs, format);
        if (error is not null)
            return false;
        if (!backend.Find(name ?? "", ModelTask.Embedding).TryGet(out var model, out var missing))
        {
            error = ApiError.From(missing);
            return false;
        }

        request = new EmbedRequest
        {
            Model = model.Name,
            Inputs = inputs!.Value.Items,
            Truncation = truncate ? Truncation.Right : Truncation.Refuse,
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
            Normalize = true,
            Dimensions = dimensions,
            PromptName = promptName,
            Prompt = prompt,
            Upsert = upsert,
        };
        return true;
    }

    private static ApiError? Check(Inputs? inputs, string? format)
    {
        if (inputs?.Items is not { } items)
            return new(ErrorCause.Empty, "input is missing", "input");
        if (inputs.Value.Count > MaxInputs)
            return new(ErrorCause.TooLarge, $"input must have at most {MaxInputs} items, not {inputs.Value.Count}", "input");
        if (items.Count == 0)
            return new(ErrorCause.Empty, "input is empty", "input");
        return format is null or "float" or "base64" ? null : new(ErrorCause.Invalid, $"encoding_format must be float or base64, not {format}", "encoding_format");
    }

    private static async ValueTask WriteAsync(JsonExchange exchange, TextOutput output, string model, bool base64)
    {
        var reply = exchange.Reply;
        reply.Raw("{\"object\":\"list\",\"data\":["u8);
        for (var i = 0; i < output.Count; i++)
        {
            reply.Raw(i == 0 ? "{\"object\":\"embedding\",\"index\":"u8 : ",{\"object\":\"embedding\",\"index\":"u8);
            reply.Number(i);
            reply.Raw(",\"embedding\":"u8);
            if (base64)
                reply.Base64Vector(output[i]);
            else
                reply.Vector(output[i]);
            reply.Raw("}"u8);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("],\"model\":"u8);
        reply.String(model);
        reply.Raw(","u8);
        reply.Usage(output.TotalTokens);
        UpsertFields.Write(reply, output.Stored);
        reply.Raw("}"u8);
    }
}
