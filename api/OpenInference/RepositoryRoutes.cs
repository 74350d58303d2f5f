using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orrery.Api.Admin;
using Orrery.Api.Http;
using Orrery.Api.OpenApi;
using Orrery.Engine;

namespace Orrery.Api.OpenInference;

/// <summary>The model repository extension: which models there are, and loading and unloading them.</summary>
internal sealed class RepositoryRoutes(IInferenceBackend backend, OpenInferenceProtocol protocol)
{
    public void Map(IEndpointRouteBuilder routes, ApiOptions options, AdminOptions admin)
    {
        routes.MapPost("/v2/repository/index", context => WithinAsync(context, cancellation => IndexAsync(context, options, cancellation))).Describe(protocol, "The models and their states", null, null, typeof(OpenInferenceError), 400);
        routes.MapPost("/v2/repository/models/{model}/load", context => WithinAsync(context, cancellation => ChangeAsync(context, options, OpenInferenceRoutes.Name(context), load: true, cancellation))).RequireAdmin(admin)
            .Describe(protocol, "Loads a model, or loads it anew beside the old one and swaps", null, null, typeof(OpenInferenceError), 400, 401, 403, 404, 415, 503, 504);
        routes.MapPost("/v2/repository/models/{model}/unload", context => WithinAsync(context, cancellation => ChangeAsync(context, options, OpenInferenceRoutes.Name(context), load: false, cancellation))).RequireAdmin(admin)
            .Describe(protocol, "Unloads a model when it has answered what it computes", null, null, typeof(OpenInferenceError), 400, 401, 403, 404, 415, 504);
        // Names with a slash that was not escaped come here.
        routes.MapPost("/v2/repository/models/{**path}", context => WithinAsync(context, cancellation => SplitAsync(context, options, cancellation))).RequireAdmin(admin).WithMetadata(protocol);
    }

    private async Task WithinAsync(HttpContext context, Func<CancellationToken, ValueTask<ApiError?>> answer)
    {
        var error = RequestHeaders.TryRead(context, out var headers, out var misfit) ? await RequestDeadline.WithinAsync(context, headers.Timeout, answer) : misfit;
        if (error is not null)
            await protocol.WriteErrorAsync(context, error);
    }

    private async ValueTask<ApiError?> IndexAsync(HttpContext context, ApiOptions options, CancellationToken cancellation)
    {
        var (body, status, message) = await RequestBody.ReadAsync(context, options.MaxBodyBytes, cancellation);
        if (body is null)
            return new ApiError(ErrorCause.BodyUnreadable, message!, Status: status);
        using (body)
        {
            var onlyReady = false;
            if (body.Bytes.Length > 0 && !TryReadReady(body.Bytes, out onlyReady))
                return new ApiError(ErrorCause.Invalid, "the body must be a JSON object, with 'ready' true or false");
            await JsonReply.SendAsync(context, (backend.Models, onlyReady), static (json, state) => WriteIndex(json, state.Models, state.onlyReady));
            return null;
        }
    }

    private ValueTask<ApiError?> SplitAsync(HttpContext context, ApiOptions options, CancellationToken cancellation)
    {
        var path = Uri.UnescapeDataString((string?)context.Request.RouteValues["path"] ?? "");
        foreach (var (action, load) in ((string, bool)[])[("/load", true), ("/unload", false)])
        {
            if (path.EndsWith(action, StringComparison.Ordinal))
                return ChangeAsync(context, options, path[..^action.Length], load, cancellation);
        }

        return new(new ApiError(ErrorCause.RouteNotFound, $"there is no route {context.Request.Method} {context.Request.Path}"));
    }

    private async ValueTask<ApiError?> ChangeAsync(HttpContext context, ApiOptions options, string model, bool load, CancellationToken cancellation)
    {
        var (body, status, message) = await RequestBody.ReadAsync(context, options.MaxBodyBytes, cancellation);
        if (body is null)
            return new ApiError(ErrorCause.BodyUnreadable, message!, Status: status);
        using (body)
        {
            if (LoadParameters.Check(body.Bytes, load) is { } wrong)
                return new ApiError(ErrorCause.Invalid, wrong);
        }

        var outcome = load ? await backend.LoadAsync(model, cancellation) : await backend.UnloadAsync(model, cancellation);
        return outcome.TryGet(out _, out var error) ? null : ApiError.From(error);
    }

    private static bool TryReadReady(ReadOnlyMemory<byte> body, out bool ready)
    {
        ready = false;
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return false;
            if (!document.RootElement.TryGetProperty("ready", out var value))
                return true;
            ready = value.ValueKind == JsonValueKind.True;
            return value.ValueKind is JsonValueKind.True or JsonValueKind.False;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static void WriteIndex(Utf8JsonWriter json, IReadOnlyList<ModelInfo> models, bool onlyReady)
    {
        json.WriteStartArray();
        foreach (var model in models)
        {
            if (onlyReady && model.State != ModelState.Ready)
                continue;
            json.WriteStartObject();
            json.WriteString("name"u8, model.Name);
            json.WriteString("version"u8, ModelVersions.NameOf(model));
            json.WriteString("state"u8, model.State switch
            {
                ModelState.Ready => "READY",
                ModelState.Loading => "LOADING",
                _ => "UNAVAILABLE",
            });
            json.WriteString("reason"u8, model.Reason ?? "");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
