using System.Text;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone.Inference;

/// <summary><c>/records/namespaces/{namespace}/upsert</c> and <c>…/search</c>: texts in, kept with their embeddings; a text in, the nearest records out.</summary>
internal sealed class RecordRoutes(IInferenceBackend backend, IVectorStore store, ApiOptions options)
{
    public async ValueTask<ApiError?> UpsertAsync(JsonExchange exchange)
    {
        var (index, error) = await FindAsync(exchange);
        if (index is null)
            return error;
        if (index.Embedding is not { } embedding)
            return TakesVectors(index);
        if (RecordLines.Read(exchange.Body, embedding.TextField, out var records) is { } wrong
            || (wrong = Parameters(embedding.WriteParameters, InferenceParameters.Passage, out var parameters)) is not null)
            return wrong;
        if (!ModelChoice.TryFind(backend, embedding.Model, "embed.model", ModelTask.Embedding, out var model, out error))
            return error;
        var request = parameters.Embed(model, records.Texts, exchange.Headers) with
        {
            Dimensions = index.Dimension,
            Upsert = new UpsertTarget { Index = index.Name, Namespace = PineconeFields.Namespace(exchange), Ids = records.Ids, Metadata = records.Metadata },
        };
        if (!(await backend.EmbedAsync(request, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused, ("upsert.ids", "records"), ("upsert.metadata", "records"), ("inputs", "records"));
        output.Dispose();
        exchange.Context.Response.StatusCode = StatusCodes.Status201Created;
        return null;
    }

    public async ValueTask<ApiError?> SearchAsync(JsonExchange exchange)
    {
        if (SearchFields.Read(exchange, out var fields) is { } wrong)
            return wrong;
        var (index, error) = await FindAsync(exchange);
        if (index is null)
            return error;
        if (fields.Rerank is not null && fields.TopK > options.MaxClientBatchSize)
            return new(ErrorCause.TooLarge, $"query.top_k must be at most {options.MaxClientBatchSize} where what is found is reranked, not {fields.TopK}", "query");
        ModelInfo? reranker = null;
        if (fields.Rerank is { } rerank && !ModelChoice.TryFind(backend, rerank.Model, "rerank.model", ModelTask.Reranker, out reranker, out error))
            return error;
        if (fields.Text is null)
            return await AnswerAsync(exchange, index, fields, reranker, fields.Vector, null, 0);
        if (index.Embedding is not { } embedding)
            return TakesVectors(index);
        if (Parameters(embedding.ReadParameters, InferenceParameters.Query, out var parameters) is { } unknown)
            return unknown;
        if (!ModelChoice.TryFind(backend, embedding.Model, "embed.model", ModelTask.Embedding, out var model, out error))
            return error;
        var request = parameters.Embed(model, [TextInput.Of(fields.Text)], exchange.Headers) with { Dimensions = index.Dimension };
        if (!(await backend.EmbedAsync(request, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused, ("inputs[0]", "query.inputs.text"));
        using (output)
            return await AnswerAsync(exchange, index, fields, reranker, output.Memory(0), new EmbeddingModel(model.Name, output.Version), output.TotalTokens);
    }

    private async ValueTask<ApiError?> AnswerAsync(
        JsonExchange exchange, IndexSpec index, SearchFields fields, ModelInfo? reranker, ReadOnlyMemory<float> vector, EmbeddingModel? made, long tokens)
    {
        var query = new VectorQuery
        {
            Index = index.Name,
            Namespace = PineconeFields.Namespace(exchange),
            Vector = vector,
            Id = fields.Id,
            TopK = fields.TopK,
            Filter = fields.Filter,
            WithMetadata = true,
            Model = made,
        };
        if (await ZeroVectors.CheckAsync(store, index.Name, vector, vector.Length, "query.vector", exchange.Cancellation) is { } zero)
            return zero;
        if (!(await store.QueryAsync(query, exchange.Cancellation)).TryGet(out var found, out var refused))
            return ApiError.From(refused, ("values", "query.vector"), ("vector", "query.vector"));
        if (reranker is null)
            return await WriteAsync(exchange, fields, found.Matches, null, tokens);

        var texts = new List<string>(found.Matches.Count);
        foreach (var match in found.Matches)
        {
            var usual = fields.Rerank!.Fields.Count > 0 ? fields.Rerank.Fields : index.Embedding is { } embedding ? [embedding.TextField] : RankText.Usual;
            if (RankText.Of(match.Metadata.IsEmpty ? "{}"u8.ToArray() : match.Metadata, usual, $"'{match.Id}'", out var text) is { } missing)
                return missing;
            texts.Add(text);
        }

        if (texts.Count == 0)
            return await WriteAsync(exchange, fields, found.Matches, new Reranking([], []), tokens);
        if (InferenceParameters.Read(exchange.Body[fields.Rerank!.Parameters], "rerank.parameters", null, out var parameters) is { } unknown)
            return unknown;
        var asked = fields.Rerank.Query ?? fields.Text;
        if (asked is null)
            return new(ErrorCause.Invalid, "rerank.query is missing, and there is no query.inputs.text to take instead", "rerank");
        if (!(await Reranking.OfAsync(backend, reranker, asked, texts, fields.Rerank.Top ?? fields.TopK, parameters.Truncation, exchange)).TryGet(out var ranked, out refused))
            return ApiError.From(refused);
        return await WriteAsync(exchange, fields, found.Matches, ranked, tokens);
    }

    private static async ValueTask<ApiError?> WriteAsync(JsonExchange exchange, SearchFields fields, IReadOnlyList<VectorMatch> matches, Reranking? ranked, long tokens)
    {
        var reply = exchange.Reply;
        reply.Raw("{\"result\":{\"hits\":["u8);
        var count = ranked?.Order.Length ?? matches.Count;
        for (var i = 0; i < count; i++)
        {
            var place = ranked?.Order[i] ?? i;
            reply.Raw(i == 0 ? "{\"_id\":"u8 : ",{\"_id\":"u8);
            reply.String(matches[place].Id);
            reply.Raw(",\"_score\":"u8);
            reply.Number(ranked?.Scores[place] ?? matches[place].Score);
            reply.Raw(",\"fields\":"u8);
            fields.WriteFields(reply, matches[place].Metadata);
            reply.Raw("}"u8);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("]},\"usage\":{\"read_units\":0,\"embed_total_tokens\":"u8);
        reply.Number(tokens);
        if (ranked is not null)
        {
            reply.Raw(",\"rerank_units\":"u8);
            reply.Number(Reranking.Units);
        }

        reply.Raw("}}"u8);
        return null;
    }

    private async ValueTask<(IndexSpec? Index, ApiError? Error)> FindAsync(JsonExchange exchange) =>
        (await store.FindIndexAsync(PineconeFields.Index(exchange, store), exchange.Cancellation)).TryGet(out var info, out var refused) ? (info.Spec, null) : (null, ApiError.From(refused));

    private static ApiError? Parameters(string? kept, string inputType, out InferenceParameters parameters) =>
        InferenceParameters.Read(kept is null ? default : Encoding.UTF8.GetBytes(kept), "embed", inputType, out parameters);

    private static ApiError TakesVectors(IndexSpec index) =>
        new(ErrorCause.Invalid, $"index '{index.Name}' takes vectors, not texts: indexes that embed texts are made by POST /indexes/create-for-model", "index");
}
