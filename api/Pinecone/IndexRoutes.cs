using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary><c>/indexes</c>: Pinecone's control plane.</summary>
internal sealed class IndexRoutes(IVectorStore store, IInferenceBackend backend)
{
    public async ValueTask<ApiError?> ListAsync(JsonExchange exchange)
    {
        if (!(await store.ListIndexesAsync(exchange.Cancellation)).TryGet(out var indexes, out var refused))
            return ApiError.From(refused);
        exchange.Reply.Raw("{\"indexes\":["u8);
        var first = true;
        foreach (var index in indexes)
        {
            // Clients cannot read an index without a dimension.
            if (await WithDimensionAsync(index, exchange.Cancellation) is not { Spec.Dimension: not null } told)
                continue;
            if (!first)
                exchange.Reply.Raw(","u8);
            first = false;
            IndexJson.Write(exchange.Reply, told, exchange.Context.Request);
        }

        exchange.Reply.Raw("]}"u8);
        return null;
    }

    public async ValueTask<ApiError?> CreateAsync(JsonExchange exchange) =>
        IndexFields.ReadSpec(exchange, out var spec) ?? Answer(exchange, await store.CreateIndexAsync(spec!, exchange.Cancellation), StatusCodes.Status201Created);

    /// <summary>An index that embeds texts itself.</summary>
    public async ValueTask<ApiError?> CreateForModelAsync(JsonExchange exchange) =>
        IndexFields.ReadSpecForModel(exchange, backend, out var spec) ?? Answer(exchange, await store.CreateIndexAsync(spec!, exchange.Cancellation), StatusCodes.Status201Created);

    public async ValueTask<ApiError?> DescribeAsync(JsonExchange exchange)
    {
        if (!(await store.FindIndexAsync(Named(exchange), exchange.Cancellation)).TryGet(out var index, out var refused))
            return ApiError.From(refused);
        index = await WithDimensionAsync(index, exchange.Cancellation);
        return index.Spec.Dimension is null
            ? new(ErrorCause.NotFound, $"index '{index.Spec.Name}' has no dimension yet: it takes that of the first vector that is written to it, at {exchange.Context.Request.Scheme}://{exchange.Context.Request.Host}{exchange.Context.Request.PathBase}/indexes/{index.Spec.Name}", "index")
            : Answer(exchange, index, StatusCodes.Status200OK);
    }

    /// <summary>An index that fixes no dimension has that of its namespaces, where they agree.</summary>
    private async ValueTask<IndexInfo> WithDimensionAsync(IndexInfo index, CancellationToken cancellation)
    {
        if (index.Spec.Dimension is not null || !(await store.StatsAsync(index.Spec.Name, null, cancellation)).TryGet(out var stats, out _))
            return index;
        int? dimension = null;
        foreach (var one in stats.Namespaces)
        {
            if (one.Dimension is null || one.Dimension == dimension)
                continue;
            if (dimension is not null)
                return index;
            dimension = one.Dimension;
        }

        return index with { Spec = index.Spec with { Dimension = dimension } };
    }

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
