using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary><c>/vectors/fetch</c> by id, and <c>/vectors/fetch_by_metadata</c> by filter, a page at a time.</summary>
internal sealed class FetchRoutes(IVectorStore store)
{
    /// <summary>The most records of one page.</summary>
    public const int MaxPage = 1000;

    private const int DefaultPage = 100;

    public async ValueTask<ApiError?> ByIdAsync(JsonExchange exchange)
    {
        var ids = exchange.Context.Request.Query["ids"];
        if (ids.Count == 0)
            return new(ErrorCause.Invalid, "ids is missing: ?ids=a&ids=b", "ids");
        if (PineconeFields.CheckIds(ids.Count) is { } error)
            return error;
        var name = PineconeFields.Parameter(exchange, "namespace");
        var request = new FetchRequest
        {
            Index = PineconeFields.Index(exchange, store),
            Namespace = PineconeFields.Namespace(name),
            Ids = ids.ToArray()!,
        };
        return await AnswerAsync(exchange, request, name);
    }

    public async ValueTask<ApiError?> ByMetadataAsync(JsonExchange exchange) =>
        Parse(exchange, out var request, out var name) ?? await AnswerAsync(exchange, request!, name);

    private ApiError? Parse(JsonExchange exchange, out FetchRequest? request, out string? name)
    {
        var json = PineconeFields.Enter(exchange);
        string? token = null;
        int? limit = null;
        var place = default(Range);
        name = null;
        while (json.NextField())
        {
            if (json.Is("namespace"u8))
                name = json.Text("namespace");
            else if (json.Is("filter"u8))
                place = json.Object("filter");
            else if (json.Is("limit"u8))
                limit = json.Integer("limit");
            else if (json.Is("paginationToken"u8, "pagination_token"u8))
                token = json.Text("paginationToken");
            else
                json.Skip();
        }

        request = null;
        VectorFilter? filter = null;
        if ((json.End() ?? PineconeFields.CheckLimit("limit", limit ?? DefaultPage, MaxPage) ?? PineconeFields.Filter(exchange, place, out filter)) is { } error)
            return error;
        if (filter is null)
            return new(ErrorCause.Invalid, "filter is missing", "filter");
        request = new FetchRequest
        {
            Index = PineconeFields.Index(exchange, store),
            Namespace = PineconeFields.Namespace(name),
            Filter = filter,
            Limit = limit ?? DefaultPage,
            Token = token,
        };
        return null;
    }

    private async ValueTask<ApiError?> AnswerAsync(JsonExchange exchange, FetchRequest request, string? name)
    {
        if (!(await store.FetchAsync(request, exchange.Cancellation)).TryGet(out var page, out var refused))
            return ApiError.From(refused);
        var reply = exchange.Reply;
        reply.Raw("{\"vectors\":{"u8);
        for (var i = 0; i < page.Records.Count; i++)
        {
            if (i > 0)
                reply.Raw(","u8);
            reply.Record(page.Records[i]);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("}"u8);
        reply.Ending(name, page.Next);
        return null;
    }
}
