using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary><c>/describe_index_stats</c>: counts of an index's records, by POST with a filter or without, or by GET.</summary>
internal sealed class StatsRoute(IVectorStore store)
{
    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        VectorFilter? filter = null;
        if (!exchange.Body.IsEmpty && Parse(exchange, out filter) is { } error)
            return error;
        if (!(await store.StatsAsync(PineconeFields.Index(exchange, store), filter, exchange.Cancellation)).TryGet(out var stats, out var refused))
            return ApiError.From(refused);
        Write(exchange.Reply, stats);
        return null;
    }

    private static ApiError? Parse(JsonExchange exchange, out VectorFilter? filter)
    {
        var json = PineconeFields.Enter(exchange);
        var place = default(Range);
        while (json.NextField())
        {
            if (json.Is("filter"u8))
                place = json.Object("filter");
            else
                json.Skip();
        }

        filter = null;
        return json.End() ?? PineconeFields.Filter(exchange, place, out filter);
    }

    private static void Write(Reply reply, IndexStats stats)
    {
        long total = 0;
        reply.Raw("{\"namespaces\":{"u8);
        for (var i = 0; i < stats.Namespaces.Count; i++)
        {
            if (i > 0)
                reply.Raw(","u8);
            reply.String(stats.Namespaces[i].Name);
            reply.Raw(":{\"vectorCount\":"u8);
            reply.Number(stats.Namespaces[i].Records);
            reply.Raw("}"u8);
            total += stats.Namespaces[i].Records;
        }

        reply.Raw("}"u8);
        if (stats.Index.Dimension is { } dimension)
        {
            reply.Raw(",\"dimension\":"u8);
            reply.Number(dimension);
        }

        // Fullness is of pods that are rented by size; nothing is rented here.
        reply.Raw(",\"indexFullness\":0,\"totalVectorCount\":"u8);
        reply.Number(total);
        reply.Raw(",\"metric\":"u8);
        reply.String(IndexJson.NameOf(stats.Index.Metric));
        reply.Raw(",\"vectorType\":\"dense\"}"u8);
    }
}
