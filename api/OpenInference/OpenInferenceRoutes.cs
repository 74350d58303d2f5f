using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orrery.Api.Admin;
using Orrery.Api.Health;
using Orrery.Api.Http;
using Orrery.Api.OpenApi;
using Orrery.Engine;

namespace Orrery.Api.OpenInference;

/// <summary>The Open Inference Protocol, version 2, over REST.</summary>
internal static class OpenInferenceRoutes
{
    private static readonly string[] _actions = ["/infer", "/ready", "/config", "/stats"];

    public static void MapOpenInference(this IEndpointRouteBuilder routes, IInferenceBackend backend, ApiOptions options, AdminOptions admin, ProtocolPrefixes prefixes)
    {
        var protocol = OpenInferenceProtocol.Instance;
        prefixes.Add("/v2", protocol);
        var statistics = new InferStatistics(TimeProvider.System);
        var infer = new InferRoute(backend, options, protocol, statistics);
        var repository = new RepositoryRoutes(backend, protocol);
        routes.MapGet("/v2", context => JsonReply.SendAsync(context, 0, static (json, _) => WriteServer(json))).Describe(protocol, "Server metadata", null, null, null);
        routes.MapGet("/v2/health/live", context => JsonReply.SendAsync(context, true, static (json, _) => WriteFlag(json, "live", true))).Describe(protocol, "Server live", null, null, null);
        routes.MapGet("/v2/health/ready", context =>
        {
            var ready = HealthRoutes.IsReady(backend);
            context.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return JsonReply.SendAsync(context, ready, static (json, flag) => WriteFlag(json, "ready", flag));
        }).Describe(protocol, "Server ready", null, null, null, 503);
        repository.Map(routes, options, admin);
        routes.MapGet("/v2/models/stats", context => JsonReply.SendAsync(context, backend.Models, statistics.Write)).Describe(protocol, "Counts of inferences by this protocol, of every model", null, null, null);

        foreach (var prefix in (string[])["/v2/models/{model}", "/v2/models/{model}/versions/{version}"])
        {
            routes.MapGet(prefix, context => Metadata(context, Name(context), Version(context))).Describe(protocol, "Model metadata", null, typeof(ModelMetadata), typeof(OpenInferenceError), 404);
            routes.MapGet(prefix + "/ready", context => Ready(context, Name(context), Version(context))).Describe(protocol, "Model ready", null, null, typeof(OpenInferenceError), 404, 503);
            routes.MapGet(prefix + "/config", context => Config(context, Name(context), Version(context))).Describe(protocol, "Model configuration, as Triton tells it", null, null, typeof(OpenInferenceError), 404);
            routes.MapGet(prefix + "/stats", context => Stats(context, Name(context), Version(context))).Describe(protocol, "Counts of inferences by this protocol", null, null, typeof(OpenInferenceError), 404);
            routes.MapPost(prefix + "/infer", context => infer.HandleAsync(context, Name(context), Version(context))).Describe(protocol, "Inference", typeof(InferBody), typeof(InferAnswer), typeof(OpenInferenceError), 400, 404, 413, 429, 500, 503, 504);
        }

        // Names of models from the hub have a slash; clients that do not escape it come here.
        routes.MapMethods("/v2/models/{**path}", ["GET", "POST"], context => Split(context, infer)).WithMetadata(protocol);

        Task Metadata(HttpContext context, string name, string? version) => Answer(context, name, version, (model, _) => JsonReply.SendAsync(context, model, ModelSignature.Write));

        Task Config(HttpContext context, string name, string? version) => Answer(context, name, version, (model, _) => JsonReply.SendAsync(context, model, ModelConfiguration.Write));

        Task Stats(HttpContext context, string name, string? version) => Answer(context, name, version, (model, _) => JsonReply.SendAsync(context, (IReadOnlyList<ModelInfo>)[model], statistics.Write));

        Task Ready(HttpContext context, string name, string? version) => Answer(context, name, version, (model, _) =>
        {
            var ready = model.State == ModelState.Ready;
            context.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return JsonReply.SendAsync(context, model, static (json, one) => WriteModelReady(json, one));
        });

        Task Answer(HttpContext context, string name, string? version, Func<ModelInfo, HttpContext, Task> write)
        {
            if (!backend.Find(name).TryGet(out var model, out var error))
                return protocol.WriteErrorAsync(context, ApiError.From(error));
            return version is null || ModelVersions.Is(model, version)
                ? write(model, context)
                : protocol.WriteErrorAsync(context, new ApiError(ErrorCause.ModelNotFound, $"model '{name}' has no version '{version}'"));
        }

        Task Split(HttpContext context, InferRoute route)
        {
            var path = Uri.UnescapeDataString((string?)context.Request.RouteValues["path"] ?? "");
            var post = HttpMethods.IsPost(context.Request.Method);
            var action = Array.Find(_actions, one => path.EndsWith(one, StringComparison.Ordinal)) ?? "";
            path = path[..^action.Length];
            var versions = path.LastIndexOf("/versions/", StringComparison.Ordinal);
            var (name, version) = versions < 0 ? (path, null) : (path[..versions], path[(versions + "/versions/".Length)..]);
            if (post != (action == "/infer"))
            {
                return protocol.WriteErrorAsync(context, new ApiError(ErrorCause.MethodNotAllowed, "Method Not Allowed"));
            }

            return action switch
            {
                "/infer" => route.HandleAsync(context, name, version),
                "/ready" => Ready(context, name, version),
                "/config" => Config(context, name, version),
                "/stats" => Stats(context, name, version),
                _ => Metadata(context, name, version),
            };
        }
    }

    /// <summary>The model of a route; ASP.NET leaves %2F as it is, because it is no path separator.</summary>
    public static string Name(HttpContext context) => Uri.UnescapeDataString((string)context.Request.RouteValues["model"]!);

    private static string? Version(HttpContext context) => (string?)context.Request.RouteValues["version"];

    private static void WriteServer(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, "orrery"u8);
        json.WriteString("version"u8, typeof(OpenInferenceRoutes).Assembly.GetName().Version!.ToString(3));
        json.WriteStartArray("extensions"u8);
        json.WriteStringValue("binary_tensor_data"u8);
        json.WriteStringValue("classification"u8);
        json.WriteStringValue("model_configuration"u8);
        json.WriteStringValue("model_repository"u8);
        json.WriteStringValue("parameters"u8);
        json.WriteStringValue("statistics"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFlag(Utf8JsonWriter json, string name, bool value)
    {
        json.WriteStartObject();
        json.WriteBoolean(name, value);
        json.WriteEndObject();
    }

    private static void WriteModelReady(Utf8JsonWriter json, ModelInfo model)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, model.Name);
        json.WriteBoolean("ready"u8, model.State == ModelState.Ready);
        json.WriteEndObject();
    }
}
