using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary><c>/namespaces</c>: those of an index. The default one is called <c>__default__</c> here, where a name cannot be empty.</summary>
internal sealed class NamespaceRoutes(IVectorStore store)
{
    /// <summary>The most namespaces of one page.</summary>
    public const int MaxPage = 100;

    public async ValueTask<ApiError?> ListAsync(JsonExchange exchange)
    {
        if (PineconeFields.Limit(exchange, MaxPage, out var limit) is { } error)
            return error;
        var prefix = PineconeFields.Parameter(exchange, "prefix");
        var token = PineconeFields.Parameter(exchange, "paginationToken", "pagination_token");
        if (!(await store.ListNamespacesAsync(PineconeFields.Index(exchange, store), prefix, limit, token, exchange.Cancellation)).TryGet(out var page, out var refused))
            return ApiError.From(refused);
        var reply = exchange.Reply;
        reply.Raw("{\"namespaces\":["u8);
        for (var i = 0; i < page.Namespaces.Count; i++)
        {
            if (i > 0)
                reply.Raw(","u8);
            Write(reply, page.Namespaces[i]);
        }

        reply.Raw("]"u8);
        if (page.Next is { } next)
            reply.Next(next);
        reply.Raw(",\"total_count\":"u8);
        reply.Number(page.Total);
        reply.Raw("}"u8);
        return null;
    }

    public async ValueTask<ApiError?> CreateAsync(JsonExchange exchange)
    {
        var json = PineconeFields.Enter(exchange);
        var name = ReadName(ref json);
        if (json.End() is { } error)
            return error;
        if (string.IsNullOrEmpty(name))
            return new(ErrorCause.Invalid, "name is missing or empty", "name");
        if (RecordCheck.CheckNamespace(name) is { } misnamed)
            return ApiError.From(misnamed);
        return Answer(exchange, await store.CreateNamespaceAsync(PineconeFields.Index(exchange, store), PineconeFields.Namespace(name), exchange.Cancellation));
    }

    public async ValueTask<ApiError?> DescribeAsync(JsonExchange exchange) =>
        Answer(exchange, await store.FindNamespaceAsync(PineconeFields.Index(exchange, store), PineconeFields.Namespace(exchange), exchange.Cancellation));

    public async ValueTask<ApiError?> DeleteAsync(JsonExchange exchange)
    {
        if (!(await store.DeleteNamespaceAsync(PineconeFields.Index(exchange, store), PineconeFields.Namespace(exchange), exchange.Cancellation)).TryGet(out _, out var refused))
            return ApiError.From(refused);
        exchange.Reply.Raw("{}"u8);
        return null;
    }

    /// <summary>The schema of a namespace says which fields can be filtered by. Here all can, so it changes nothing.</summary>
    private static string? ReadName(ref RequestJson json)
    {
        string? name = null;
        while (json.NextField())
        {
            if (json.Is("name"u8))
                name = json.Text("name");
            else
                json.Skip();
        }

        return name;
    }

    // Clients escape slashes in a name; routing leaves those in place.

    private static ApiError? Answer(JsonExchange exchange, Engine.Outcome<NamespaceInfo> outcome)
    {
        if (!outcome.TryGet(out var info, out var refused))
            return ApiError.From(refused);
        Write(exchange.Reply, info);
        return null;
    }

    private static void Write(Reply reply, NamespaceInfo info)
    {
        reply.Raw("{\"name\":"u8);
        reply.String(PineconeFields.NameOf(info.Name));
        reply.Raw(",\"record_count\":"u8);
        reply.Number(info.Records);
        reply.Raw("}"u8);
    }
}
