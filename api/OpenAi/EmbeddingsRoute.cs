using System.Runtime.InteropServices;
using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.OpenAi;

/// <summary>POST /v1/embeddings, as OpenAI's clients speak it.</summary>
internal sealed class EmbeddingsRoute(IInferenceBackend backend)
{
    // OpenAI's own limit.
    private const int MaxInputs = 2048;

    public async ValueTask<ApiError?> HandleAsync(Fields fields, CallOptions options, Utf8JsonWriter json, CancellationToken cancellation)
    {
        var model = fields.Text("model") ?? "";
        var inputs = fields.Inputs("input");
        var format = fields.Text("encoding_format");
        var dimensions = fields.Int("dimensions");
        var truncate = fields.Bool("truncate") ?? false;
        if (fields.Error is { } wrong)
            return wrong;
        if (inputs is null)
            return ApiError.Invalid("'input' is missing", "input");
        if (inputs.Count is 0 or > MaxInputs)
            return ApiError.Invalid($"'input' must have 1 to {MaxInputs} items, not {inputs.Count}", "input");
        if (format is not (null or "float" or "base64"))
            return ApiError.Invalid($"'encoding_format' must be float or base64, not '{format}'", "encoding_format");

        var request = new EmbedRequest
        {
            Model = model,
            Inputs = inputs,
            Dimensions = dimensions,
            Truncation = truncate ? Truncation.Right : Truncation.Refuse,
            Priority = options.Priority,
            Timeout = options.Timeout,
        };
        if (!(await backend.EmbedAsync(request, cancellation)).TryGet(out var output, out var error))
            return ApiError.Of(error);
        using (output)
            Write(json, output, model.Length > 0 ? model : backend.Find("", ModelTask.Embedding).Value?.Name ?? "", base64: format == "base64");
        return null;
    }

    private static void Write(Utf8JsonWriter json, TextOutput output, string model, bool base64)
    {
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        for (var i = 0; i < output.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "embedding"u8);
            json.WriteNumber("index"u8, i);
            if (base64)
            {
                // Little-endian float32, which is how every platform that .NET runs on keeps them.
                json.WriteBase64String("embedding"u8, MemoryMarshal.AsBytes(output[i]));
            }
            else
            {
                json.WriteStartArray("embedding"u8);
                foreach (var value in output[i])
                    json.WriteNumberValue(value);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model"u8, model);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, output.TotalTokens);
        json.WriteNumber("total_tokens"u8, output.TotalTokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
