using System.Numerics.Tensors;
using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary>/embed, /embed_all and /similarity.</summary>
internal sealed class EmbedRoutes(IInferenceBackend backend, ApiOptions options)
{
    /// <summary>One vector a text: a list of lists, even for one text.</summary>
    public ValueTask<ApiError?> EmbedAsync(Fields fields, CallOptions call, Utf8JsonWriter json, CancellationToken cancellation) =>
        RunAsync(fields, call, json, perToken: false, cancellation);

    /// <summary>One vector a token: a list of lists of lists.</summary>
    public ValueTask<ApiError?> EmbedAllAsync(Fields fields, CallOptions call, Utf8JsonWriter json, CancellationToken cancellation) =>
        RunAsync(fields, call, json, perToken: true, cancellation);

    /// <summary>Cosine of one sentence with each of a list.</summary>
    public async ValueTask<ApiError?> SimilarityAsync(Fields fields, CallOptions call, Utf8JsonWriter json, CancellationToken cancellation)
    {
        var inputs = fields.Object("inputs");
        var source = inputs?.Text("source_sentence");
        var sentences = inputs?.Texts("sentences");
        var parameters = fields.Object("parameters");
        var truncation = (parameters ?? fields).Truncation(options);
        var prompt = parameters?.Text("prompt_name");
        if ((fields.Error ?? inputs?.Error ?? parameters?.Error) is { } wrong)
            return wrong;
        if (source is null)
            return ApiError.Invalid("'source_sentence' is missing", "inputs.source_sentence");
        if (sentences is null)
            return ApiError.Invalid("'sentences' is missing", "inputs.sentences");
        // The source counts too.
        if ((TeiFields.CheckCount(sentences.Count, "sentences", options) ?? TeiFields.CheckCount(sentences.Count + 1, "sentences", options)) is { } count)
            return count;

        var texts = new TextInput[sentences.Count + 1];
        texts[0] = TextInput.Of(source);
        for (var i = 0; i < sentences.Count; i++)
            texts[i + 1] = TextInput.Of(sentences[i]);
        var request = new EmbedRequest
        {
            Model = fields.Model(), Inputs = texts, Normalize = true, Truncation = truncation, PromptName = prompt, Priority = call.Priority, Timeout = call.Timeout,
        };
        if (!(await backend.EmbedAsync(request, cancellation)).TryGet(out var output, out var error))
            return ApiError.Of(error);
        using (output)
        {
            json.WriteStartArray();
            for (var i = 1; i < output.Count; i++)
                json.WriteNumberValue(TensorPrimitives.Dot(output[0], output[i]));
            json.WriteEndArray();
        }

        return null;
    }

    private async ValueTask<ApiError?> RunAsync(Fields fields, CallOptions call, Utf8JsonWriter json, bool perToken, CancellationToken cancellation)
    {
        var inputs = fields.Inputs("inputs");
        var request = new EmbedRequest
        {
            Model = fields.Model(),
            Inputs = inputs ?? [],
            // Without a word of the request's, /embed normalizes: Text Embeddings Inference's default, whatever the model's files say.
            Normalize = fields.Bool("normalize") ?? true,
            Dimensions = fields.Int("dimensions"),
            PerToken = perToken,
            PromptName = fields.Text("prompt_name"),
            Truncation = fields.Truncation(options),
            Priority = call.Priority,
            Timeout = call.Timeout,
        };
        if (fields.Error is { } wrong)
            return wrong;
        if (inputs is null)
            return ApiError.Invalid("'inputs' is missing", "inputs");
        if (TeiFields.CheckCount(inputs.Count, "inputs", options) is { } count)
            return count;
        if (!(await backend.EmbedAsync(request, cancellation)).TryGet(out var output, out var error))
            return ApiError.Of(error);
        using (output)
        {
            json.WriteStartArray();
            for (var i = 0; i < output.Count; i++)
            {
                if (perToken)
                    WriteRows(json, output[i], output.Dimensions);
                else
                    WriteRow(json, output[i]);
            }

            json.WriteEndArray();
        }

        return null;
    }

    private static void WriteRows(Utf8JsonWriter json, ReadOnlySpan<float> rows, int width)
    {
        json.WriteStartArray();
        for (var at = 0; at < rows.Length; at += width)
            WriteRow(json, rows.Slice(at, width));
        json.WriteEndArray();
    }

    private static void WriteRow(Utf8JsonWriter json, ReadOnlySpan<float> row)
    {
        json.WriteStartArray();
        foreach (var value in row)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
