using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary><c>/vectors/update</c>: values or metadata of one record, or metadata of all that a filter matches.</summary>
internal sealed class UpdateRoute(IVectorStore store)
{
    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        using var floats = new FloatBlock(1024);
        if (Parse(exchange, floats, out var request) is { } error)
            return error;
        if (await ZeroVectors.CheckAsync(store, request!.Index, request.Values, request.Values.Length, "values", exchange.Cancellation) is { } zero)
            return zero;
        if (!(await store.UpdateAsync(request, exchange.Cancellation)).TryGet(out var receipt, out var refused))
            return ApiError.From(refused, ("metadata", "setMetadata"));
        var reply = exchange.Reply;
        if (request.Filter is null)
        {
            reply.Raw("{}"u8);
            return null;
        }

        reply.Raw("{\"matchedRecords\":"u8);
        reply.Number(receipt.Matched);
        reply.Raw("}"u8);
        return null;
    }

    private ApiError? Parse(JsonExchange exchange, FloatBlock floats, out UpdateRequest? request)
    {
        var json = PineconeFields.Enter(exchange);
        string? id = null, name = null;
        Range metadata = default, place = default;
        var dryRun = false;
        while (json.NextField())
        {
            if (json.Is("id"u8))
            {
                id = json.Text("id");
            }
            else if (json.Is("values"u8))
            {
                floats.Cut(0);
                json.Floats("values", floats, RecordCheck.MaxDimension);
            }
            else if (json.Is("setMetadata"u8, "set_metadata"u8))
            {
                metadata = json.ObjectPlace("setMetadata");
            }
            else if (json.Is("namespace"u8))
            {
                name = json.Text("namespace");
            }
            else if (json.Is("filter"u8))
            {
                place = json.ObjectPlace("filter");
            }
            else if (json.Is("dryRun"u8, "dry_run"u8))
            {
                dryRun = json.Flag("dryRun") ?? false;
            }
            else if (json.Is("sparseValues"u8, "sparse_values"u8))
            {
                PineconeFields.RefuseSparse(ref json, "sparseValues");
            }
            else
            {
                json.Skip();
            }
        }

        request = null;
        VectorFilter? filter = null;
        if ((json.End() ?? PineconeFields.Filter(exchange, place, out filter)) is { } error)
            return error;
        request = new UpdateRequest
        {
            Index = PineconeFields.Index(exchange, store),
            Namespace = PineconeFields.Namespace(name),
            Id = string.IsNullOrEmpty(id) ? null : id,
            Filter = filter,
            Values = floats.Values,
            SetMetadata = exchange.Body[metadata],
            DryRun = dryRun,
        };
        return Check(request);
    }

    private static ApiError? Check(UpdateRequest request)
    {
        if (request.Id is null == request.Filter is null)
            return new(ErrorCause.Invalid, "exactly one of id and filter must be given", "id");
        if (request.Filter is not null && !request.Values.IsEmpty)
            return new(ErrorCause.Invalid, "values can be set of one record only, by id, not by filter", "values");
        if (request.Filter is null && request.DryRun)
            return new(ErrorCause.Invalid, "dryRun needs a filter", "dryRun");
        return request.Values.IsEmpty && request.SetMetadata.IsEmpty && !request.DryRun
            ? new(ErrorCause.Invalid, request.Filter is null ? "values or setMetadata must be given" : "setMetadata is missing", "setMetadata")
            : null;
    }
}
