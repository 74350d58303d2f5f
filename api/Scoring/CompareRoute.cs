using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Scoring;

/// <summary><c>POST /v1/compare</c>: how near the texts of each pair are, or which pairs within a list are near.</summary>
internal sealed class CompareRoute(IInferenceBackend backend, ApiOptions options)
{
    private const int MaxAnswers = 100_000;

    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        if (!TryParse(exchange, out var request, out var error))
            return error;
        if (!(await backend.CompareAsync(request!, exchange.Cancellation)).TryGet(out var output, out var refused))
            return request!.AllPairs ? ApiError.From(refused) : ApiError.From(refused, ("inputs", "pairs"));
        await WriteAsync(exchange, output, request!.AllPairs);
        return null;
    }

    private bool TryParse(JsonExchange exchange, out CompareRequest? request, out ApiError? error)
    {
        var json = new RequestJson(exchange.Body.Span);
        List<TextInput>? pairs = null;
        List<string>? texts = null;
        string? detector = null, model = null;
        double? threshold = null;
        int? limit = null;
        bool? truncate = null;
        var count = 0;
        while (json.NextField())
        {
            if (json.Is("pairs"u8))
                pairs = Pairs(ref json, options.MaxClientBatchSize, out count);
            else if (json.Is("inputs"u8))
                texts = json.Texts("inputs", options.MaxClientBatchSize, out count);
            else if (json.Is("detector"u8))
                detector = json.Text("detector");
            else if (json.Is("model"u8))
                model = json.Text("model");
            else if (json.Is("threshold"u8))
                threshold = json.Number("threshold");
            else if (json.Is("limit"u8))
                limit = json.Integer("limit");
            else if (json.Is("truncate"u8))
                truncate = json.Flag("truncate");
            else
                json.Skip();
        }

        request = null;
        error = json.End();
        if (error is null && pairs is null == texts is null)
            error = new(ErrorCause.Invalid, "give either pairs, a list of [text, text], or inputs, a list of texts", "pairs");
        if (error is null && count > options.MaxClientBatchSize)
            error = new(ErrorCause.TooLarge, $"{(pairs is null ? "inputs" : "pairs")} must have at most {options.MaxClientBatchSize} items, not {count}", pairs is null ? "inputs" : "pairs");
        if (error is null && limit is < 1 or > MaxAnswers)
            error = new(ErrorCause.Invalid, $"limit must be 1 to {MaxAnswers}, not {limit}", "limit");
        if (error is null && detector is not null && model is not null)
            error = new(ErrorCause.Invalid, "detector and model: a detector brings its own model; give one of them", "model");
        if (error is null && detector is not null && threshold is < 0 or > 1)
            error = new(ErrorCause.Invalid, "threshold must be 0 to 1: with a detector it is a probability", "threshold");
        if (error is not null)
            return false;
        request = new CompareRequest
        {
            Inputs = pairs ?? texts!.ConvertAll(TextInput.Of),
            AllPairs = pairs is null,
            Detector = detector,
            Model = model ?? "",
            Threshold = (float?)threshold,
            Limit = limit ?? 1000,
            Truncation = truncate ?? options.AutoTruncate ? Truncation.Right : Truncation.Refuse,
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
        };
        return true;
    }

    private static List<TextInput>? Pairs(ref RequestJson json, int limit, out int count)
    {
        count = 0;
        if (!json.Next() || json.At(JsonTokenType.Null))
            return null;
        if (!json.At(JsonTokenType.StartArray))
        {
            json.Wrong("pairs", "an array of [text, text]");
            return null;
        }

        var pairs = new List<TextInput>();
        while (json.Next() && !json.At(JsonTokenType.EndArray))
        {
            if (!json.At(JsonTokenType.StartArray) || !json.Next() || !json.At(JsonTokenType.String))
            {
                json.Wrong($"pairs[{count}]", "[text, text]");
                return null;
            }

            var first = json.Current();
            if (!json.Next() || !json.At(JsonTokenType.String))
            {
                json.Wrong($"pairs[{count}][1]", "a string");
                return null;
            }

            var second = json.Current();
            if (!json.Next() || !json.At(JsonTokenType.EndArray))
            {
                json.Wrong($"pairs[{count}]", "[text, text] and no more");
                return null;
            }

            if (count++ < limit)
                pairs.Add(TextInput.OfPair(first, second));
        }

        return pairs;
    }

    private static async ValueTask WriteAsync(JsonExchange exchange, CompareOutput output, bool allPairs)
    {
        var reply = exchange.Reply;
        reply.Raw("{\"object\":\"list\",\"data\":["u8);
        for (var i = 0; i < output.Pairs.Count; i++)
        {
            var pair = output.Pairs[i];
            reply.Raw(i > 0 ? ",{"u8 : "{"u8);
            reply.Raw(allPairs ? "\"first\":"u8 : "\"index\":"u8);
            reply.Number(pair.First);
            if (allPairs)
            {
                reply.Raw(",\"second\":"u8);
                reply.Number(pair.Second);
            }

            reply.Raw(",\"similarity\":"u8);
            reply.Number(pair.Similarity);
            if (pair.Probability is { } probability)
            {
                reply.Raw(",\"probability\":"u8);
                reply.Number(probability);
            }

            if (output.Threshold is not null)
                reply.Raw(pair.Matches ? ",\"match\":true"u8 : ",\"match\":false"u8);
            reply.Raw("}"u8);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("],\"model\":"u8);
        reply.String(output.Model);
        reply.Raw(",\"model_version\":"u8);
        reply.String(output.Version);
        if (output.Detector is { } detector)
        {
            reply.Raw(",\"detector\":"u8);
            reply.String(detector.Name);
            reply.Raw(",\"detector_version\":"u8);
            reply.String(detector.Digest);
        }

        if (output.Threshold is { } threshold)
        {
            reply.Raw(",\"threshold\":"u8);
            reply.Short(threshold);
        }

        if (allPairs)
            reply.Raw(output.More ? ",\"more\":true"u8 : ",\"more\":false"u8);
        reply.Raw(","u8);
        reply.Usage(output.TotalTokens);
        reply.Raw("}"u8);
    }
}
