using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary><c>/query</c>: the records nearest to a vector, or to that of another record.</summary>
internal sealed class QueryRoute(IVectorStore store)
{
    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        using var floats = new FloatBlock(1024);
        if (Parse(exchange, floats, out var query, out var name) is { } error)
            return error;
        if (await ZeroVectors.CheckAsync(store, query!.Index, query.Vector, query.Vector.Length, "vector", exchange.Cancellation) is { } zero)
            return zero;
        if (!(await store.QueryAsync(query, exchange.Cancellation)).TryGet(out var found, out var refused))
            return ApiError.From(refused, ("values", "vector"));
        var reply = exchange.Reply;
        reply.Raw("{\"matches\":["u8);
        for (var i = 0; i < found.Matches.Count; i++)
        {
            if (i > 0)
                reply.Raw(","u8);
            reply.Match(found.Matches[i]);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("]"u8);
        reply.Ending(name);
        return null;
    }

    private ApiError? Parse(JsonExchange exchange, FloatBlock floats, out VectorQuery? query, out string? name)
    {
        var json = PineconeFields.Enter(exchange);
        int? topK = null, dimension = null;
        string? id = null;
        var place = default(Range);
        bool values = false, metadata = false;
        name = null;
        while (json.NextField())
        {
            if (json.Is("vector"u8))
            {
                floats.Cut(0);
                dimension = json.Floats("vector", floats, RecordCheck.MaxDimension);
            }
            else if (json.Is("id"u8))
            {
                id = json.Text("id");
            }
            else if (json.Is("topK"u8, "top_k"u8))
            {
                topK = json.Integer("topK");
            }
            else if (json.Is("namespace"u8))
            {
                name = json.Text("namespace");
            }
            else if (json.Is("filter"u8))
            {
                place = json.ObjectPlace("filter");
            }
            else if (json.Is("includeValues"u8, "include_values"u8))
            {
                values = json.Flag("includeValues") ?? false;
            }
            else if (json.Is("includeMetadata"u8, "include_metadata"u8))
            {
                metadata = json.Flag("includeMetadata") ?? false;
            }
            else if (json.Is("sparseVector"u8, "sparse_vector"u8))
            {
                PineconeFields.RefuseSparse(ref json, "sparseVector");
            }
            else
            {
                json.Skip();
            }
        }

        query = null;
        VectorFilter? filter = null;
        if ((json.End() ?? Check(topK, dimension, id) ?? PineconeFields.Filter(exchange, place, out filter)) is { } error)
            return error;
        query = new VectorQuery
        {
            Index = PineconeFields.Index(exchange, store),
            Namespace = PineconeFields.Namespace(name),
            Vector = floats.Values,
            Id = string.IsNullOrEmpty(id) ? null : id,
            TopK = topK!.Value,
            Filter = filter,
            WithValues = values,
            WithMetadata = metadata,
        };
        return null;
    }

    private static ApiError? Check(int? topK, int? dimension, string? id)
    {
        if (topK is not { } count)
            return new(ErrorCause.Invalid, "topK is missing", "topK");
        if (dimension is > 0 == !string.IsNullOrEmpty(id))
            return new(ErrorCause.Invalid, "exactly one of vector and id must be given", "vector");
        return PineconeFields.CheckLimit("topK", count, RecordCheck.MaxTop);
    }
}
