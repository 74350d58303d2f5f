using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orrery.Api.Admin;
using Orrery.Api.Http;
using Orrery.Api.OpenApi;
using Orrery.Engine;

namespace Orrery.Api.OpenAi;

/// <summary>OpenAI's routes.</summary>
internal static class OpenAiRoutes
{
    public static void MapOpenAi(this IEndpointRouteBuilder routes, IInferenceBackend backend, ApiOptions options, ChangeGuard guard, ProtocolPrefixes prefixes)
    {
        var protocol = new OpenAiProtocol();
        prefixes.Add("/v1", protocol);
        var models = new ModelsRoutes(backend, protocol);
        // Text Embeddings Inference has the route without its version too.
        foreach (var route in (string[])["/v1/embeddings", "/embeddings"])
            routes.MapPost(route, JsonExchange.Handle(protocol, options, new EmbeddingsRoute(backend, guard).RunAsync))
                .Describe(protocol, "Embeddings of texts", typeof(EmbeddingsBody), typeof(EmbeddingList), typeof(OpenAiError), 400, 403, 404, 413, 415, 429, 500, 503, 504);
        routes.MapGet("/v1/models", models.ListAsync).Describe(protocol, "The models served", null, typeof(ModelList), null);
        routes.MapGet("/v1/models/{**id}", models.RetrieveAsync).Describe(protocol, "One model", null, typeof(ModelObject), typeof(OpenAiError), 404);
    }
}
