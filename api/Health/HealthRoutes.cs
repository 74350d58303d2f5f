using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orrery.Api.Http;
using Orrery.Api.OpenApi;
using Orrery.Api.Tei;
using Orrery.Engine;

namespace Orrery.Api.Health;

/// <summary>
/// Liveness: the process answers. Readiness: no model is still loading, and at least one answers; a refused model does not
/// make the server unready, but is told with its reason.
/// </summary>
internal static class HealthRoutes
{
    public static void MapHealth(this IEndpointRouteBuilder routes, IInferenceBackend backend, ApiOptions options)
    {
        var protocol = new TeiProtocol(options);
        foreach (var path in (string[])["/health", "/ping"])
        {
            routes.MapGet(path, context =>
            {
                context.Features.Set<Protocol>(protocol);
                // Text Embeddings Inference answers an empty 200.
                return IsReady(backend) ? Task.CompletedTask
                    : protocol.RespondAsync(context, new ApiError(503, InferenceErrorKind.ModelNotReady, "unhealthy", RetryAfter: TimeSpan.FromSeconds(1)));
            }).Describe("Health", "200 when ready, else 503");
        }

        routes.MapGet("/health/live", context => JsonResponse.WriteAsync(context, true, static (json, _) => WriteStatus(json, "live")))
            .Describe("Health", "200 as long as the process answers");
        routes.MapGet("/health/ready", context =>
        {
            var ready = IsReady(backend);
            context.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return JsonResponse.WriteAsync(context, (backend.Models, ready), static (json, state) => WriteModels(json, state.Models, state.ready));
        }).Describe("Health", "200 when ready, else 503, with the state of every model");
    }

    /// <summary>Whether requests may be sent here.</summary>
    public static bool IsReady(IInferenceBackend backend)
    {
        var ready = false;
        foreach (var model in backend.Models)
        {
            if (model.State == ModelState.Loading || (model.State == ModelState.Unloaded && model.Digest.Length == 0))
                return false;
            ready |= model.State == ModelState.Ready;
        }

        return ready;
    }

    private static void WriteStatus(Utf8JsonWriter json, string status)
    {
        json.WriteStartObject();
        json.WriteString("status"u8, status);
        json.WriteEndObject();
    }

    private static void WriteModels(Utf8JsonWriter json, IReadOnlyList<ModelInfo> models, bool ready)
    {
        json.WriteStartObject();
        json.WriteString("status"u8, ready ? "ready" : "not ready");
        json.WriteStartArray("models"u8);
        foreach (var model in models)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, model.Name);
            json.WriteString("version"u8, model.Digest);
            json.WriteString("state"u8, model.State.ToString().ToLowerInvariant());
            if (model.Reason is not null)
                json.WriteString("reason"u8, model.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
