using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orrery.Api.Http;
using Orrery.Api.OpenApi;
using Orrery.Engine;

namespace Orrery.Api.OpenAi;

/// <summary>OpenAI's routes.</summary>
internal static class OpenAiRoutes
{
    public static void MapOpenAi(this IEndpointRouteBuilder routes, IInferenceBackend backend, ApiOptions options)
    {
        var protocol = new OpenAiProtocol();
        var embeddings = JsonEndpoint.Create(protocol, options, new EmbeddingsRoute(backend).HandleAsync);
        foreach (var path in (string[])["/v1/embeddings", "/embeddings"])
        {
            routes.MapPost(path, embeddings)
                .Describe("OpenAI", "Embeddings of one text, a list of texts, or token ids", """{"model":"orrery-tiny","input":["first text","second text"],"encoding_format":"float"}""");
        }

        routes.MapGet("/v1/models", context => JsonResponse.WriteAsync(context, backend.Models, WriteList))
            .Describe("OpenAI", "The models that are ready");
        routes.MapGet("/v1/models/{**id}", context =>
        {
            context.Features.Set<Protocol>(protocol);
            return backend.Find((string)context.Request.RouteValues["id"]!).TryGet(out var model, out var error)
                ? JsonResponse.WriteAsync(context, model, WriteModel)
                : protocol.RespondAsync(context, ApiError.Of(error));
        }).Describe("OpenAI", "One model");
    }

    private static void WriteList(Utf8JsonWriter json, IReadOnlyList<ModelInfo> models)
    {
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        foreach (var model in models)
        {
            if (model.State == ModelState.Ready)
                WriteModel(json, model);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, ModelInfo model)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, model.Name);
        json.WriteString("object"u8, "model"u8);
        json.WriteNumber("created"u8, Math.Max(0, model.Created.ToUnixTimeSeconds()));
        json.WriteString("owned_by"u8, model.Name.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? model.Name[..slash] : "orrery");
        json.WriteEndObject();
    }
}
