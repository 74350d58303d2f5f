using System.ComponentModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orrery.Api.Health;
using Orrery.Api.Http;
using Orrery.Api.OpenApi;
using Orrery.Api.Tei;
using Orrery.Engine;

namespace Orrery.Api.Hub;

/// <summary>The routes that the hub's inference clients call, and those by which hosts of Text Embeddings Inference (SageMaker, Vertex AI) do.</summary>
internal static class HubRoutes
{
    public static void MapHub(this IEndpointRouteBuilder routes, IInferenceBackend backend, ApiOptions options, HealthRoutes health, ProtocolPrefixes prefixes)
    {
        var protocol = new TeiProtocol(options.TeiLegacyStatus);
        var door = new HubDoor(backend, options);
        Post("/", door.RootAsync, "Any task, by the default model or the one named", typeof(HubBody), typeof(HubAnswer));
        Post("/invocations", door.RootAsync, "The same, as SageMaker calls it", typeof(HubBody), typeof(HubAnswer));
        Post("/models/{**model}", door.ModelAsync, "Any task, by a model", typeof(HubBody), typeof(HubAnswer));
        Post("/vertex", door.VertexAsync, "Any task, as Vertex AI calls it", typeof(VertexBody), typeof(VertexAnswer));
        foreach (var prefix in (string[])["/invocations", "/models", "/vertex"])
            prefixes.Add(prefix, protocol);
        foreach (var route in (string[])["/", "/ping"])
            routes.MapGet(route, health.HealthAsync).Describe(protocol, "Whether requests can be answered: empty, or 503", null, null, null, 503);

        void Post(string route, Func<JsonExchange, ValueTask<ApiError?>> handler, string summary, Type request, Type answer) =>
            routes.MapPost(route, JsonExchange.Handle(protocol, options, handler))
                .Describe(protocol, summary, request, answer, typeof(TeiError), 400, 404, options.TeiLegacyStatus ? 413 : 422, 424, 429, 503, 504);
    }
}

// What the OpenAPI document says of these routes. The routes read and write by hand, without these types.

internal sealed record HubBody
{
    public required AnyInputs Inputs { get; init; }

    [Description("The task's, by the names of the hub's task pages: candidate_labels, multi_label, hypothesis_template; aggregation_strategy, ignore_labels; function_to_apply, top_k; normalize, prompt_name, dimensions; truncate, truncation_direction.")]
    public Dictionary<string, object>? Parameters { get; init; }

    [Description("The model's name; without it the default model. Not where the path names another.")]
    public string? Model { get; init; }
}

internal sealed record VertexBody(HubBody[] Instances);

internal sealed record VertexAnswer(HubAnswer[] Predictions);
