using System.Diagnostics;
using Orrery.Api.Admin;
using Orrery.Api.Http;
using Orrery.Api.Vectors;
using Orrery.Engine;

namespace Orrery.Api.Scoring;

/// <summary><c>POST /v1/score</c>: what detectors say of texts. Detectors over one embedding model share one embedding of each text.</summary>
internal sealed class ScoreRoute(IInferenceBackend backend, ApiOptions options, ChangeGuard guard)
{
    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        var start = Stopwatch.GetTimestamp();
        if (!TryParse(exchange, out var fields, out var inputs, out var error))
            return error;
        if (fields.Upsert is not null && guard.Change(exchange.Context) is { } forbidden)
            return forbidden;
        if (!(await backend.DetectAsync(fields.Request(inputs, exchange.Headers.Priority, exchange.Headers.Timeout), exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused, ("inputs", "input"));
        using (output)
            await WriteAsync(exchange, fields, output, start);
        return null;
    }

    private bool TryParse(JsonExchange exchange, out ScoreFields fields, out IReadOnlyList<TextInput> inputs, out ApiError? error)
    {
        var json = new RequestJson(exchange.Body.Span);
        Inputs? given = null;
        List<string>? detectors = null;
        double? threshold = null;
        bool scores = false, embeddings = false;
        bool? truncate = null;
        UpsertTarget? upsert = null;
        while (json.NextField())
        {
            if (json.Is("input"u8))
                given = json.Inputs("input", options.MaxClientBatchSize);
            else if (json.Is("detectors"u8))
                detectors = json.Texts("detectors", int.MaxValue, out _, allowOne: true);
            else if (json.Is("threshold"u8))
                threshold = json.Number("threshold");
            else if (json.Is("return_scores"u8))
                scores = json.Flag("return_scores") ?? false;
            else if (json.Is("return_embeddings"u8))
                embeddings = json.Flag("return_embeddings") ?? false;
            else if (json.Is("truncate"u8))
                truncate = json.Flag("truncate");
            else if (json.Is("upsert"u8))
                upsert = UpsertFields.Read(ref json, options.MaxClientBatchSize);
            else
                json.Skip();
        }

        fields = new ScoreFields
        {
            Detectors = detectors ?? [],
            Threshold = (float?)threshold,
            ReturnScores = scores,
            ReturnEmbeddings = embeddings,
            Upsert = upsert,
            Truncation = truncate ?? options.AutoTruncate ? Truncation.Right : Truncation.Refuse,
        };
        inputs = given?.Items ?? [];
        error = json.End() ?? CheckCount(given, options.MaxClientBatchSize) ?? fields.Check();
        return error is null;
    }

    /// <summary>Why these inputs cannot be taken; null when they can.</summary>
    public static ApiError? CheckCount(Inputs? inputs, int limit, string field = "input")
    {
        if (inputs?.Items is null)
            return new(ErrorCause.Empty, $"{field} is missing", field);
        if (inputs.Value.Count > limit)
            return new(ErrorCause.TooLarge, $"{field} must have at most {limit} items, not {inputs.Value.Count}", field);
        return inputs.Value.Count == 0 ? new(ErrorCause.Empty, $"{field} is empty", field) : null;
    }

    private static async ValueTask WriteAsync(JsonExchange exchange, ScoreFields fields, DetectOutput output, long start)
    {
        var reply = exchange.Reply;
        reply.Raw("{\"object\":\"list\",\"data\":["u8);
        for (var i = 0; i < output.Count; i++)
        {
            reply.Raw(i == 0 ? "{\"index\":"u8 : ",{\"index\":"u8);
            reply.Number(i);
            reply.Raw(","u8);
            fields.Write(reply, output, i);
            reply.Raw("}"u8);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("],"u8);
        ScoreFields.WriteDetectors(reply, output, fields.Threshold);
        reply.Raw(","u8);
        reply.Usage(output.TotalTokens);
        UpsertFields.Write(reply, output.Stored);
        reply.Raw(",\"timing\":{\"embedding_ms\":"u8);
        reply.Short(Milliseconds(output.EmbeddingTime));
        reply.Raw(",\"heads_ms\":"u8);
        reply.Short(Milliseconds(output.HeadTime));
        if (output.Stored is { } stored)
        {
            reply.Raw(",\"upsert_ms\":"u8);
            reply.Short(Milliseconds(stored.Time));
        }

        reply.Raw(",\"total_ms\":"u8);
        reply.Short(Milliseconds(Stopwatch.GetElapsedTime(start)));
        reply.Raw("}}"u8);
    }

    private static float Milliseconds(TimeSpan time) => MathF.Round((float)time.TotalMilliseconds, 3);
}
