using Orrery.Api.Admin;
using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary><c>/vectors/delete</c>: records by id, by filter, or all of a namespace.</summary>
internal sealed class DeleteRoute(IVectorStore store, ChangeGuard guard)
{
    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        if (Parse(exchange, out var request) is { } error)
            return error;
        // As to remove the namespace.
        if (request!.All && guard.Own(exchange.Context) is { } refusal)
            return refusal;
        if (!(await store.DeleteAsync(request, exchange.Cancellation)).TryGet(out _, out var refused))
            return ApiError.From(refused);
        exchange.Reply.Raw("{}"u8);
        return null;
    }

    private ApiError? Parse(JsonExchange exchange, out DeleteRequest? request)
    {
        var json = PineconeFields.Enter(exchange);
        List<string>? ids = null;
        string? name = null;
        var count = 0;
        var all = false;
        var place = default(Range);
        while (json.NextField())
        {
            if (json.Is("ids"u8))
                ids = PineconeFields.Ids(ref json, out count);
            else if (json.Is("deleteAll"u8, "delete_all"u8))
                all = json.Flag("deleteAll") ?? false;
            else if (json.Is("filter"u8))
                place = json.ObjectPlace("filter");
            else if (json.Is("namespace"u8))
                name = json.Text("namespace");
            else
                json.Skip();
        }

        request = null;
        VectorFilter? filter = null;
        if ((json.End() ?? PineconeFields.CheckIds(count) ?? PineconeFields.Filter(exchange, place, out filter)) is { } error)
            return error;
        if ((count > 0 ? 1 : 0) + (all ? 1 : 0) + (filter is null ? 0 : 1) != 1)
            return new(ErrorCause.Invalid, "exactly one of ids, deleteAll and filter must be given", "ids");
        if (filter?.Root is AllOf { Parts.Count: 0 })
            return new(ErrorCause.Invalid, "filter is empty and would match everything; say deleteAll where that is meant", "filter");
        request = new DeleteRequest
        {
            Index = PineconeFields.Index(exchange, store),
            Namespace = PineconeFields.Namespace(name),
            Ids = count > 0 ? ids : null,
            Filter = filter,
            All = all,
        };
        return null;
    }
}
