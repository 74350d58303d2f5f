using Orrery.Api.Http;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Vectors;

/// <summary><c>POST /v1/search</c>: the records of a namespace that are nearest to a text, which is embedded first, or to a vector.</summary>
internal sealed class SearchRoute(IInferenceBackend backend, IVectorStore? store)
{
    private const int DefaultTopK = 10;

    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        if (store is null)
            return new(ErrorCause.Invalid, "this server keeps no vectors");
        if (!TryParse(exchange, out var fields, out var error))
            return error;
        if (fields.Text is null)
            return await AnswerAsync(exchange, fields, fields.Vector, null, null);

        if (!backend.Find(fields.Model, ModelTask.Embedding).TryGet(out var model, out var missing))
            return ApiError.From(missing);
        var request = new EmbedRequest
        {
            Model = model.Name,
            Inputs = [TextInput.Of(fields.Text)],
            Truncation = fields.Truncation,
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
            Normalize = true,
            Dimensions = fields.Dimensions,
            PromptName = fields.PromptName,
        };
        if (!(await backend.EmbedAsync(request, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused, ("inputs[0]", "text"));
        using (output)
            return await AnswerAsync(exchange, fields, output.Memory(0), new EmbeddingModel(model.Name, output.Version), output);
    }

    private async ValueTask<ApiError?> AnswerAsync(JsonExchange exchange, SearchFields fields, ReadOnlyMemory<float> vector, EmbeddingModel? model, TextOutput? embedded)
    {
        var query = new VectorQuery
        {
            Index = fields.Index ?? store!.DefaultIndex,
            Namespace = fields.Namespace,
            Vector = vector,
            TopK = fields.TopK,
            Filter = fields.Filter,
            WithMetadata = fields.WithMetadata,
            WithValues = fields.WithValues,
            Model = model,
        };
        if (!(await store!.QueryAsync(query, exchange.Cancellation)).TryGet(out var found, out var refused))
            return ApiError.From(refused);
        await WriteAsync(exchange, fields, found.Matches, model, embedded);
        return null;
    }

    private static bool TryParse(JsonExchange exchange, out SearchFields fields, out ApiError? error)
    {
        var json = new RequestJson(exchange.Body.Span);
        fields = new SearchFields();
        byte[]? filter = null;
        while (json.NextField())
        {
            if (json.Is("text"u8))
                fields = fields with { Text = json.Text("text") };
            else if (json.Is("vector"u8))
                fields = fields with { Vector = json.Floats("vector", RecordCheck.MaxDimension) ?? [] };
            else if (json.Is("top_k"u8))
                fields = fields with { TopK = json.Integer("top_k") ?? DefaultTopK };
            else if (json.Is("filter"u8))
                filter = json.Object("filter");
            else if (json.Is("namespace"u8))
                fields = fields with { Namespace = json.Text("namespace") ?? "" };
            else if (json.Is("index"u8))
                fields = fields with { Index = json.Text("index") };
            else if (json.Is("model"u8))
                fields = fields with { Model = json.Text("model") ?? "" };
            else if (json.Is("dimensions"u8))
                fields = fields with { Dimensions = json.Integer("dimensions") };
            else if (json.Is("prompt_name"u8))
                fields = fields with { PromptName = json.Text("prompt_name") };
            else if (json.Is("include_values"u8))
                fields = fields with { WithValues = json.Flag("include_values") ?? false };
            else if (json.Is("include_metadata"u8))
                fields = fields with { WithMetadata = json.Flag("include_metadata") ?? true };
            else if (json.Is("truncate"u8))
                fields = fields with { Truncation = json.Flag("truncate") ?? true ? Truncation.Right : Truncation.Refuse };
            else
                json.Skip();
        }

        error = json.End() ?? Check(fields);
        if (error is not null || filter is null)
            return error is null;
        if (VectorFilter.Parse(filter).TryGet(out var parsed, out var wrong))
            fields = fields with { Filter = parsed };
        else
            error = ApiError.From(wrong);
        return error is null;
    }

    private static ApiError? Check(SearchFields fields)
    {
        if (fields.Text is null == (fields.Vector.Length == 0))
            return new(ErrorCause.Invalid, "give either text or vector", "text");
        return fields.TopK is < 1 or > RecordCheck.MaxTop ? new(ErrorCause.Invalid, $"top_k must be 1 to {RecordCheck.MaxTop}, not {fields.TopK}", "top_k") : null;
    }

    private static async ValueTask WriteAsync(JsonExchange exchange, SearchFields fields, IReadOnlyList<VectorMatch> matches, EmbeddingModel? model, TextOutput? embedded)
    {
        var reply = exchange.Reply;
        reply.Raw("{\"object\":\"list\",\"matches\":["u8);
        for (var i = 0; i < matches.Count; i++)
        {
            reply.Raw(i == 0 ? "{\"id\":"u8 : ",{\"id\":"u8);
            reply.String(matches[i].Id);
            reply.Raw(",\"score\":"u8);
            reply.Number(matches[i].Score);
            if (fields.WithValues)
            {
                reply.Raw(",\"values\":"u8);
                reply.Vector(matches[i].Values.Span);
            }

            if (!matches[i].Metadata.IsEmpty)
            {
                reply.Raw(",\"metadata\":"u8);
                reply.Raw(matches[i].Metadata.Span);
            }

            reply.Raw("}"u8);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("],\"namespace\":"u8);
        reply.String(fields.Namespace);
        if (model is not null)
        {
            reply.Raw(",\"model\":"u8);
            reply.String(model.Name);
            reply.Raw(",\"model_version\":"u8);
            reply.String(model.Digest);
            reply.Raw(","u8);
            reply.Usage(embedded!.TotalTokens);
        }

        reply.Raw("}"u8);
    }

    /// <summary>What a search may say.</summary>
    private sealed record SearchFields
    {
        public string? Text { get; init; }

        public float[] Vector { get; init; } = [];

        public int TopK { get; init; } = DefaultTopK;

        public VectorFilter? Filter { get; init; }

        public string Namespace { get; init; } = "";

        public string? Index { get; init; }

        public string Model { get; init; } = "";

        public int? Dimensions { get; init; }

        public string? PromptName { get; init; }

        public bool WithValues { get; init; }

        public bool WithMetadata { get; init; } = true;

        public Truncation Truncation { get; init; } = Truncation.Right;
    }
}
