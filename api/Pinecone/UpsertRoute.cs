using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary><c>/vectors/upsert</c>: writes records whole. Durable when answered.</summary>
internal sealed class UpsertRoute(IVectorStore store)
{
    // Components of embeddings are written with nine digits or more; too few of a block's room only make it grow.
    private const int BytesOfComponent = 10;

    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        using var floats = new FloatBlock(exchange.Body.Length / BytesOfComponent);
        if (UpsertReader.Read(exchange, PineconeFields.Index(exchange, store), floats, out var request) is { } error)
            return error;
        if (await ZeroVectors.CheckAsync(store, request!.Index, request.Values, request.Dimension, "vectors", exchange.Cancellation) is { } zero)
            return zero;
        if (!(await store.UpsertAsync(request, exchange.Cancellation)).TryGet(out var receipt, out var refused))
            return ApiError.From(refused);
        exchange.Reply.Raw("{\"upsertedCount\":"u8);
        exchange.Reply.Number(receipt.Count);
        exchange.Reply.Raw(receipt.Queued ? ",\"queued\":true}"u8 : "}"u8);
        return null;
    }
}
