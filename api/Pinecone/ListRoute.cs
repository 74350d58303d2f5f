using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary><c>/vectors/list</c>: ids in bytewise order, a page at a time.</summary>
internal sealed class ListRoute(IVectorStore store)
{
    /// <summary>The most ids of one page.</summary>
    public const int MaxPage = 100;

    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        if (PineconeFields.Limit(exchange, MaxPage, out var limit) is { } error)
            return error;
        var name = PineconeFields.Parameter(exchange, "namespace");
        var request = new ListRequest
        {
            Index = PineconeFields.Index(exchange, store),
            Namespace = PineconeFields.Namespace(name),
            Prefix = PineconeFields.Parameter(exchange, "prefix") ?? "",
            Limit = limit,
            Token = PineconeFields.Parameter(exchange, "paginationToken", "pagination_token"),
        };
        if (!(await store.ListAsync(request, exchange.Cancellation)).TryGet(out var page, out var refused))
            return ApiError.From(refused);
        var reply = exchange.Reply;
        reply.Raw("{\"vectors\":["u8);
        for (var i = 0; i < page.Ids.Count; i++)
        {
            reply.Raw(i == 0 ? "{\"id\":"u8 : ",{\"id\":"u8);
            reply.String(page.Ids[i]);
            reply.Raw("}"u8);
        }

        reply.Raw("]"u8);
        reply.Ending(name, page.Next);
        return null;
    }
}
