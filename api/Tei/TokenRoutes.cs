using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary>/tokenize and /decode.</summary>
internal sealed class TokenRoutes(IInferenceBackend backend, ApiOptions options)
{
    public async ValueTask<ApiError?> TokenizeAsync(Fields fields, CallOptions call, Utf8JsonWriter json, CancellationToken cancellation)
    {
        var texts = fields.Texts("inputs");
        var special = fields.Bool("add_special_tokens") ?? true;
        var prompt = fields.Text("prompt_name");
        var name = fields.Model();
        if (fields.Error is { } wrong)
            return wrong;
        if (texts is null)
            return ApiError.Invalid("'inputs' is missing", "inputs");
        if (TeiFields.CheckCount(texts.Count, "inputs", options) is { } count)
            return count;
        if (prompt is not null)
        {
            if (!backend.Find(name, ModelTask.Embedding).TryGet(out var model, out var unknown))
                return ApiError.Of(unknown);
            if (!model.Prompts.TryGetValue(prompt, out var prefix))
                return new ApiError(422, InferenceErrorKind.TooLarge, $"prompt_name '{prompt}' is not one of the model's: {string.Join(", ", model.Prompts.Keys)}", "prompt_name");
            texts = texts.ConvertAll(text => prefix + text);
        }

        if (!(await backend.TokenizeAsync(name, texts, special, cancellation)).TryGet(out var lists, out var error))
            return ApiError.Of(error);
        json.WriteStartArray();
        foreach (var list in lists)
        {
            json.WriteStartArray();
            foreach (var token in list)
                Write(json, token);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        return null;
    }

    public async ValueTask<ApiError?> DecodeAsync(Fields fields, CallOptions call, Utf8JsonWriter json, CancellationToken cancellation)
    {
        var ids = fields.IdLists("ids");
        var skip = fields.Bool("skip_special_tokens") ?? true;
        var name = fields.Model();
        if (fields.Error is { } wrong)
            return wrong;
        if (ids is null)
            return ApiError.Invalid("'ids' is missing", "ids");
        if (TeiFields.CheckCount(ids.Count, "ids", options) is { } count)
            return count;
        if (!(await backend.DecodeAsync(name, ids, skip, cancellation)).TryGet(out var texts, out var error))
            return ApiError.Of(error);
        json.WriteStartArray();
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
        return null;
    }

    private static void Write(Utf8JsonWriter json, TokenInfo token)
    {
        json.WriteStartObject();
        json.WriteNumber("id"u8, token.Id);
        json.WriteString("text"u8, token.Text);
        json.WriteBoolean("special"u8, token.Special);
        WriteOrNull(json, "start"u8, token.Start);
        WriteOrNull(json, "stop"u8, token.Stop);
        json.WriteEndObject();
    }

    private static void WriteOrNull(Utf8JsonWriter json, ReadOnlySpan<byte> name, int? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}
