using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orrery.Api.Admin;
using Orrery.Api.Http;
using Orrery.Api.OpenApi;
using Orrery.Engine;

namespace Orrery.Api.Scoring;

/// <summary>Orrery's own routes over detectors.</summary>
internal static class ScoringRoutes
{
    public static void MapScoring(this IEndpointRouteBuilder routes, IInferenceBackend backend, ApiOptions options, ChangeGuard guard, ProtocolPrefixes prefixes)
    {
        var problem = ProblemProtocol.Instance;
        // Beside OpenAI's, which have the rest of /v1; the last two are a front's.
        foreach (var own in (string[])["/v1/score", "/v1/compare", "/v1/search", "/v1/detectors", "/v1/cluster", "/v1/autoscale"])
            prefixes.Add(own, problem);
        Post("/v1/score", new ScoreRoute(backend, options, guard).RunAsync, "What detectors say of texts", typeof(ScoreBody), typeof(ScoreAnswer));
        Post("/v1/compare", new CompareRoute(backend, options).RunAsync, "How near texts are: given pairs, or all pairs of a list", typeof(CompareBody), typeof(CompareAnswer));
        Post("/inference", new InferenceRoute(backend, options).RunAsync, "A detector, embedding model or classifier by one name", typeof(InferenceBody), null);
        routes.MapPost("/v1/score/stream", new ScoreStreamRoute(backend, options).RunAsync)
            .Describe(problem, "JSON lines in, JSON lines out, of any number (?detectors=, threshold=, return_scores=, return_embeddings=, truncate=)", null, null, null, 400, 404, 415, 503, 504);
        routes.MapGet("/v1/detectors", new DetectorsRoute(backend).RunAsync).Describe(problem, "The detectors", null, typeof(DetectorList), null);

        void Post(string route, Func<JsonExchange, ValueTask<ApiError?>> handler, string summary, Type request, Type? answer) =>
            routes.MapPost(route, JsonExchange.Handle(problem, options, handler)).Describe(problem, summary, request, answer, null, 400, 403, 404, 413, 415, 429, 500, 503, 504);
    }
}
