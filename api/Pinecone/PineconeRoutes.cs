using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orrery.Api.Http;
using Orrery.Api.OpenApi;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary>
/// Pinecone's routes, so that its clients work against this server. The control plane tells of each index a host under
/// <c>/indexes/{index}</c>, where the data plane is; the same routes at the root mean the store's default index.
/// </summary>
internal static class PineconeRoutes
{
    private static readonly PineconeProtocol _data = new(controlPlane: false);
    private static readonly PineconeProtocol _control = new(controlPlane: true);

    /// <summary>Maps them where there is a store.</summary>
    public static void MapPinecone(this IEndpointRouteBuilder routes, IVectorStore? store, ApiOptions options)
    {
        if (store is null)
            return;
        var group = routes.MapGroup("");
        if (options.PineconeKey is { } key)
            group.RequireKey(key);
        MapIndexes(group, new IndexRoutes(store), options);
        MapData(group, store, options);
        MapData(group.MapGroup("/indexes/{index}"), store, options);
    }

    private static void MapIndexes(RouteGroupBuilder routes, IndexRoutes indexes, ApiOptions options)
    {
        const string One = "/indexes/{index}";
        routes.MapGet("/indexes", Ask(_control, indexes.ListAsync)).Control("Every index", null, typeof(PineconeIndexes), 200, 401);
        routes.MapPost("/indexes", JsonExchange.Handle(_control, options, indexes.CreateAsync))
            .Control("Make an index", typeof(CreateIndexBody), typeof(PineconeIndex), 201, 400, 401, 409);
        routes.MapGet(One, Ask(_control, indexes.DescribeAsync)).Control("One index, with the host of its data plane", null, typeof(PineconeIndex), 200, 401, 404);
        routes.MapPatch(One, JsonExchange.Handle(_control, options, indexes.ConfigureAsync))
            .Control("Change an index's protection and tags", typeof(ConfigureIndexBody), typeof(PineconeIndex), 200, 400, 401, 404);
        routes.MapDelete(One, Ask(_control, indexes.DeleteAsync)).Control("Remove an index with all that is in it", null, null, 202, 401, 403, 404);
    }

    private static void MapData(RouteGroupBuilder routes, IVectorStore store, ApiOptions options)
    {
        var fetch = new FetchRoutes(store);
        var stats = new StatsRoute(store);
        var namespaces = new NamespaceRoutes(store);

        Post("/vectors/upsert", new UpsertRoute(store).RunAsync, "Write vectors, durably", typeof(PineconeUpsertBody), typeof(PineconeUpsertAnswer));
        Post("/query", new QueryRoute(store).RunAsync, "The nearest vectors, best first", typeof(QueryBody), typeof(QueryAnswer));
        Get("/vectors/fetch", fetch.ByIdAsync, "Records by id (?ids=a&ids=b&namespace=)", typeof(FetchAnswer));
        Post("/vectors/fetch_by_metadata", fetch.ByMetadataAsync, "Records by filter, a page at a time", typeof(FetchByMetadataBody), typeof(FetchAnswer));
        Post("/vectors/update", new UpdateRoute(store).RunAsync, "Change one record, or the metadata of all that match", typeof(UpdateBody), typeof(UpdateAnswer));
        Post("/vectors/delete", new DeleteRoute(store).RunAsync, "Remove records by ids, by filter, or all of a namespace", typeof(DeleteBody), null);
        Get("/vectors/list", new ListRoute(store).RunAsync, "Ids in order (?prefix=&limit=&paginationToken=&namespace=)", typeof(ListAnswer));
        Post("/describe_index_stats", stats.RunAsync, "Counts of records", typeof(StatsBody), typeof(StatsAnswer));
        Get("/describe_index_stats", stats.RunAsync, "Counts of records", typeof(StatsAnswer));
        Get("/namespaces", namespaces.ListAsync, "Namespaces by name (?prefix=&limit=&paginationToken=)", typeof(NamespacesAnswer));
        Post("/namespaces", namespaces.CreateAsync, "Make a namespace", typeof(NamespaceBody), typeof(NamespaceAnswer));
        Get("/namespaces/{namespace}", namespaces.DescribeAsync, "One namespace", typeof(NamespaceAnswer));
        routes.MapDelete("/namespaces/{namespace}", Ask(_data, namespaces.DeleteAsync)).Data("Remove a namespace with all that is in it", null, null);

        void Post(string route, Func<JsonExchange, ValueTask<ApiError?>> handler, string summary, Type request, Type? answer) =>
            routes.MapPost(route, JsonExchange.Handle(_data, options, handler)).Data(summary, request, answer);
        void Get(string route, Func<JsonExchange, ValueTask<ApiError?>> handler, string summary, Type answer) =>
            routes.MapGet(route, Ask(_data, handler)).Data(summary, null, answer);
    }

    /// <summary>What routing calls of a route without a body.</summary>
    private static RequestDelegate Ask(Protocol protocol, Func<JsonExchange, ValueTask<ApiError?>> handler) => async context =>
    {
        using var reply = new Reply();
        if (await handler(new JsonExchange(context, default, default, reply, context.RequestAborted)) is { } error)
            await protocol.WriteErrorAsync(context, error);
        else
            await reply.CompleteAsync(context);
    };

    private static void Control(this IEndpointConventionBuilder route, string summary, Type? request, Type? answer, int success, params ReadOnlySpan<int> statuses) =>
        route.Describe(_control, summary, request, (answer, success), typeof(ControlError), statuses);

    private static void Data(this IEndpointConventionBuilder route, string summary, Type? request, Type? answer) =>
        route.Describe(_data, summary, request, answer, typeof(RpcStatus), 400, 401, 404, 409, 429, 503);
}
