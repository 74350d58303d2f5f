using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orrery.Api.Admin;
using Orrery.Api.Http;
using Orrery.Api.OpenApi;
using Orrery.Api.Pinecone.Inference;
using Orrery.Engine;
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
    public static void MapPinecone(this IEndpointRouteBuilder routes, IVectorStore? store, IInferenceBackend backend, ApiOptions options, ChangeGuard guard, ProtocolPrefixes prefixes)
    {
        var models = new ModelRoutes(backend, options);
        var listed = routes.MapGroup("");
        listed.MapGet("/models", Ask(_control, models.ListAsync)).Control("The server's models that embed or rerank (?type=&vector_type=)", null, typeof(InferenceModels), 200, 400, 401);
        listed.MapGet("/models/{**model}", Ask(_control, models.DescribeAsync)).Control("One of them", null, typeof(InferenceModel), 200, 401, 404);
        listed.WithMetadata(new SecurityDoc(OperationSecurity.Key, options.PineconeKey is not null));
        if (options.PineconeKey is not null)
            listed.RequireKey(guard);
        if (store is null)
            return;
        foreach (var prefix in (string[])["/indexes", "/collections", "/backups", "/restore-jobs", "/indexes/*/backups"])
            prefixes.Add(prefix, _control);
        foreach (var prefix in (string[])["/vectors", "/query", "/describe_index_stats", "/namespaces", "/records", "/bulk"])
        {
            prefixes.Add(prefix, _data);
            prefixes.Add("/indexes/*" + prefix, _data);
        }

        var group = routes.MapGroup("");
        group.WithMetadata(new SecurityDoc(OperationSecurity.Key, options.PineconeKey is not null));
        if (options.PineconeKey is not null)
            group.RequireKey(guard);
        MapIndexes(group, new IndexRoutes(store, backend), options, guard);
        MapRefusals(group);
        foreach (var data in (RouteGroupBuilder[])[group, group.MapGroup("/indexes/{index}")])
        {
            MapData(data, store, options, guard);
            MapRecords(data, new RecordRoutes(backend, store, options), options, guard);
        }
    }

    private static void MapIndexes(RouteGroupBuilder routes, IndexRoutes indexes, ApiOptions options, ChangeGuard guard)
    {
        const string One = "/indexes/{index}";
        routes.MapGet("/indexes", Ask(_control, indexes.ListAsync)).Control("Every index", null, typeof(PineconeIndexes), 200, 401);
        routes.MapPost("/indexes", JsonExchange.Handle(_control, options, indexes.CreateAsync)).Require(guard.Change)
            .Control("Make an index", typeof(CreateIndexBody), typeof(PineconeIndex), 201, 400, 401, 403, 409);
        routes.MapPost("/indexes/create-for-model", JsonExchange.Handle(_control, options, indexes.CreateForModelAsync)).Require(guard.Change)
            .Control("Make an index that embeds texts itself", typeof(CreateIndexForModelBody), typeof(PineconeIndex), 201, 400, 401, 403, 404, 409, 503);
        routes.MapGet(One, Ask(_control, indexes.DescribeAsync)).Control("One index, with the host of its data plane", null, typeof(PineconeIndex), 200, 401, 404);
        routes.MapPatch(One, JsonExchange.Handle(_control, options, indexes.ConfigureAsync)).Require(guard.Own)
            .Control("Change an index's protection and tags", typeof(ConfigureIndexBody), typeof(PineconeIndex), 200, 400, 401, 403, 404);
        routes.MapDelete(One, Ask(_control, indexes.DeleteAsync)).Require(guard.Own).Control("Remove an index with all that is in it", null, null, 202, 401, 403, 404);
    }

    private static void MapData(RouteGroupBuilder routes, IVectorStore store, ApiOptions options, ChangeGuard guard)
    {
        var fetch = new FetchRoutes(store);
        var stats = new StatsRoute(store);
        var namespaces = new NamespaceRoutes(store);

        Write("/vectors/upsert", new UpsertRoute(store).RunAsync, "Write vectors, durably", typeof(PineconeUpsertBody), typeof(PineconeUpsertAnswer));
        Post("/query", new QueryRoute(store).RunAsync, "The nearest vectors, best first", typeof(QueryBody), typeof(QueryAnswer));
        Get("/vectors/fetch", fetch.ByIdAsync, "Records by id (?ids=a&ids=b&namespace=)", typeof(FetchAnswer));
        Post("/vectors/fetch_by_metadata", fetch.ByMetadataAsync, "Records by filter, a page at a time", typeof(FetchByMetadataBody), typeof(FetchAnswer));
        Write("/vectors/update", new UpdateRoute(store).RunAsync, "Change one record, or the metadata of all that match", typeof(UpdateBody), typeof(UpdateAnswer));
        Write("/vectors/delete", new DeleteRoute(store, guard).RunAsync, "Remove records by ids, by filter, or all of a namespace", typeof(DeleteBody), null);
        Get("/vectors/list", new ListRoute(store).RunAsync, "Ids in order (?prefix=&limit=&paginationToken=&namespace=)", typeof(ListAnswer));
        Post("/describe_index_stats", stats.RunAsync, "Counts of records", typeof(StatsBody), typeof(StatsAnswer));
        Get("/describe_index_stats", stats.RunAsync, "Counts of records", typeof(StatsAnswer));
        Get("/namespaces", namespaces.ListAsync, "Namespaces by name (?prefix=&limit=&paginationToken=)", typeof(NamespacesAnswer));
        Write("/namespaces", namespaces.CreateAsync, "Make a namespace", typeof(NamespaceBody), typeof(NamespaceAnswer));
        Get("/namespaces/{namespace}", namespaces.DescribeAsync, "One namespace", typeof(NamespaceAnswer));
        routes.MapDelete("/namespaces/{namespace}", Ask(_data, namespaces.DeleteAsync)).Require(guard.Own).Data("Remove a namespace with all that is in it", null, null);

        void Write(string route, Func<JsonExchange, ValueTask<ApiError?>> handler, string summary, Type request, Type? answer) =>
            routes.MapPost(route, JsonExchange.Handle(_data, options, handler)).Require(guard.Change).Data(summary, request, answer);
        void Post(string route, Func<JsonExchange, ValueTask<ApiError?>> handler, string summary, Type request, Type? answer) =>
            routes.MapPost(route, JsonExchange.Handle(_data, options, handler)).Data(summary, request, answer);
        void Get(string route, Func<JsonExchange, ValueTask<ApiError?>> handler, string summary, Type answer) =>
            routes.MapGet(route, Ask(_data, handler)).Data(summary, null, answer);
    }

    private static void MapRecords(RouteGroupBuilder routes, RecordRoutes records, ApiOptions options, ChangeGuard guard)
    {
        routes.MapPost("/records/namespaces/{namespace}/upsert", JsonExchange.Handle(_data, options, records.UpsertAsync, lines: true)).Require(guard.Change)
            .Describe(_data, "Embed records' texts and write them, durably: a JSON object a line, with _id and the field that the index embeds", typeof(TextRecord), (null, StatusCodes.Status201Created), typeof(RpcStatus), 400, 401, 403, 404, 409, 429, 503, 504);
        routes.MapPost("/records/namespaces/{namespace}/search", JsonExchange.Handle(_data, options, records.SearchAsync))
            .Data("The records nearest to a text, reranked where that is asked for", typeof(SearchRecordsBody), typeof(SearchRecordsAnswer));
    }

    /// <summary>What Pinecone's clients know and this server does not do: said in a sentence, whatever the verb.</summary>
    private static void MapRefusals(RouteGroupBuilder routes)
    {
        foreach (var (pattern, protocol, what) in ((string, Protocol, string)[])
                 [
                     ("/collections/{**rest}", _control, "collections are not kept here: they are copies of pods"),
                     ("/backups/{**rest}", _control, "backups are not made here: copy Vectors:Directory while the server is stopped"),
                     ("/restore-jobs/{**rest}", _control, "backups are not made here, so none is restored"),
                     ("/indexes/{index}/backups/{**rest}", _control, "backups are not made here: copy Vectors:Directory while the server is stopped"),
                     ("/backup-schedules/{**rest}", _control, "backups are not made here"),
                     ("/bulk/{**rest}", _data, "imports from object stores are not done here: orrery embed loads files"),
                     ("/indexes/{index}/bulk/{**rest}", _data, "imports from object stores are not done here: orrery embed loads files"),
                     ("/namespaces/{namespace}/documents/{**rest}", _data, "documents with several fields to search are not kept here: upsert records or vectors"),
                     ("/indexes/{index}/namespaces/{namespace}/documents/{**rest}", _data, "documents with several fields to search are not kept here: upsert records or vectors"),
                 ])
            routes.Map(pattern, context => protocol.WriteErrorAsync(context, new(ErrorCause.RouteNotFound, what))).WithMetadata(protocol);
    }

    /// <summary>What routing calls of a route without a body: with a deadline, as those that have one.</summary>
    private static RequestDelegate Ask(Protocol protocol, Func<JsonExchange, ValueTask<ApiError?>> handler) => async context =>
    {
        using var reply = new Reply();
        var error = RequestHeaders.TryRead(context, out var headers, out var misfit)
            ? await RequestDeadline.WithinAsync(context, headers.Timeout, cancellation => handler(new JsonExchange(context, default, headers, reply, cancellation)))
            : misfit;
        if (error is not null)
            await protocol.WriteErrorAsync(context, error);
        else
            await reply.CompleteAsync(context);
    };

    private static void Control(this IEndpointConventionBuilder route, string summary, Type? request, Type? answer, int success, params ReadOnlySpan<int> statuses) =>
        route.Describe(_control, summary, request, (answer, success), typeof(ControlError), statuses);

    private static void Data(this IEndpointConventionBuilder route, string summary, Type? request, Type? answer) =>
        route.Describe(_data, summary, request, answer, typeof(RpcStatus), 400, 401, 403, 404, 409, 429, 503, 504);
}
