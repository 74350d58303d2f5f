using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orrery.Api.Http;
using Orrery.Api.OpenApi;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary>Text Embeddings Inference's routes.</summary>
internal static class TeiRoutes
{
    /// <summary>Maps them.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="backend">What answers.</param>
    /// <param name="options">The limits.</param>
    /// <param name="prefixes">Told of their paths.</param>
    /// <param name="shared">Puts another protocol beside this one's handler, at paths that both have.</param>
    public static void MapTei(this IEndpointRouteBuilder routes, IInferenceBackend backend, ApiOptions options, ProtocolPrefixes prefixes, Func<string, Func<JsonExchange, ValueTask<ApiError?>>, Func<JsonExchange, ValueTask<ApiError?>>> shared)
    {
        var protocol = new TeiProtocol(options.TeiLegacyStatus);
        var embed = new EmbedRoutes(backend, options);
        var tokenize = new TokenizeRoutes(backend, options);

        Post("/embed", embed.EmbedAsync, "One vector an input", typeof(EmbedBody), typeof(float[][]));
        Post("/embed_all", embed.EmbedAllAsync, "One vector a token", typeof(EmbedAllBody), typeof(float[][][]));
        Post("/embed_sparse", new SparseRoute(backend, options).RunAsync, "Weights over the vocabulary, those that are not 0 (SPLADE)", typeof(EmbedAllBody), typeof(SparseWeight[][]));
        Post("/similarity", new SimilarityRoute(backend, options).RunAsync, "Cosine of one sentence with others", typeof(SimilarityBody), typeof(float[]));
        Post("/predict", new PredictRoute(backend, options).RunAsync, "Labels with their scores", typeof(PredictBody), typeof(LabelsOrBatch));
        Post("/rerank", new RerankRoute(backend, options).RunAsync, "Texts by relevance to a query", typeof(RerankBody), typeof(Rank[]));
        Post("/tokenize", tokenize.TokenizeAsync, "Texts to tokens", typeof(TokenizeBody), typeof(Token[][]));
        Post("/decode", tokenize.DecodeAsync, "Token ids to texts", typeof(DecodeBody), typeof(string[]));
        routes.MapGet("/info", new InfoRoute(backend, options, protocol).RunAsync)
            .Describe(protocol, "A model (?model=, else the default) and every limit in force", null, null, typeof(TeiError), 404);

        prefixes.Add("/info", protocol);

        void Post(string route, Func<JsonExchange, ValueTask<ApiError?>> handler, string summary, Type request, Type answer)
        {
            prefixes.Add(route, protocol);
            routes.MapPost(route, JsonExchange.Handle(protocol, options, shared(route, handler)))
                .Describe(protocol, summary, request, answer, typeof(TeiError), 400, 404, options.TeiLegacyStatus ? 413 : 422, 424, 429, 503, 504);
        }
    }
}
