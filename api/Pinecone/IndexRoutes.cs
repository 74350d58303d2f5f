using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary><c>/indexes</c>: Pinecone's control plane.</summary>
internal sealed class IndexRoutes(IVectorStore store)
{
    public async ValueTask<ApiError?> ListAsync(JsonExchange exchange)
    {
        if (!(await store.ListIndexesAsync(exchange.Cancellation)).TryGet(out var indexes, out var refused))
            return ApiError.From(refused);
        exchange.Reply.Raw("{\"indexes\":["u8);
        for (var i = 0; i < indexes.Count; i++)
        {
            if (i > 0)
                exchange.Reply.Raw(","u8);
            IndexJson.Write(exchange.Reply, indexes[i], exchange.Context.Request);
        }

        exchange.Reply.Raw("]}"u8);
        return null;
    }

    public async ValueTask<ApiError?> CreateAsync(JsonExchange exchange) =>
        IndexFields.ReadSpec(exchange, out var spec) ?? Answer(exchange, await store.CreateIndexAsync(spec!, exchange.Cancellation), StatusCodes.Status201Created);

    public async ValueTask<ApiError?> DescribeAsync(JsonExchange exchange) =>
        Answer(exchange, await store.FindIndexAsync(Named(exchange), exchange.Cancellation), StatusCodes.Status200OK);

    public async ValueTask<ApiError?> ConfigureAsync(JsonExchange exchange) =>
        IndexFields.ReadChange(exchange, out var change) ?? Answer(exchange, await store.ConfigureIndexAsync(Named(exchange), change!, exchange.Cancellation), StatusCodes.Status200OK);

    public async ValueTask<ApiError?> DeleteAsync(JsonExchange exchange)
    {
        if ((await store.DeleteIndexAsync(Named(exchange), exchange.Cancellation)).TryGet(out _, out var refused))
        {
            exchange.Context.Response.StatusCode = StatusCodes.Status202Accepted;
            return null;
        }

        // What contradicts a deletion is the index's protection, and for that Pinecone forbids.
        var error = ApiError.From(refused);
        return error.Cause == ErrorCause.Conflict ? error with { Cause = ErrorCause.Forbidden } : error;
    }

    private static string Named(JsonExchange exchange) => (string)exchange.Context.Request.RouteValues["index"]!;

    private static ApiError? Answer(JsonExchange exchange, Outcome<IndexInfo> outcome, int status)
    {
        if (!outcome.TryGet(out var index, out var refused))
            return ApiError.From(refused);
        exchange.Context.Response.StatusCode = status;
        IndexJson.Write(exchange.Reply, index, exchange.Context.Request);
        return null;
    }
}
