using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orrery.Api.Http;
using Orrery.Api.OpenApi;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary>
/// Text Embeddings Inference's routes. They name no model, so each goes to the default model of its task; the body field
/// <c>model</c>, an extension of ours, names another.
/// </summary>
internal static class TeiRoutes
{
    public static void MapTei(this IEndpointRouteBuilder routes, IInferenceBackend backend, ApiOptions options)
    {
        var protocol = new TeiProtocol(options);
        var embed = new EmbedRoutes(backend, options);
        var score = new ScoreRoutes(backend, options);
        var tokens = new TokenRoutes(backend, options);
        Post("/embed", embed.EmbedAsync, "One vector a text", """{"inputs":["first text","second text"],"normalize":true}""");
        Post("/embed_all", embed.EmbedAllAsync, "One vector a token", """{"inputs":"a text"}""");
        Post("/similarity", embed.SimilarityAsync, "Cosine of one sentence with each of a list", """{"inputs":{"source_sentence":"a text","sentences":["another text"]}}""");
        Post("/predict", score.PredictAsync, "Labels of a text, a pair, or a batch", """{"inputs":[["a text"],["a text","its pair"]]}""");
        Post("/rerank", score.RerankAsync, "Texts by their score for a query", """{"query":"a question","texts":["an answer","another"],"return_text":true}""");
        Post("/tokenize", tokens.TokenizeAsync, "Tokens of texts", """{"inputs":"a text","add_special_tokens":true}""");
        Post("/decode", tokens.DecodeAsync, "Texts of token ids", """{"ids":[[10,11]],"skip_special_tokens":true}""");
        routes.MapGet("/info", new InfoRoute(backend, options, protocol).HandleAsync)
            .Describe("Text Embeddings Inference", "What is served, and every limit in force; ?model= names one");

        void Post(string path, JsonHandler handler, string summary, string example) =>
            routes.MapPost(path, JsonEndpoint.Create(protocol, options, handler)).Describe("Text Embeddings Inference", summary, example);
    }
}
