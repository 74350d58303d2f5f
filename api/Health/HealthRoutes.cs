using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Health;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: no model is being loaded for the first time, at least one answers, and so does each default detector
/// that is not refused; with each model's and detector's state. <c>/health</c>: the same verdict in Text Embeddings Inference's shape. A model or detector that was refused does not make
/// the server unready: the others serve on.
/// </summary>
internal sealed class HealthRoutes(IInferenceBackend backend)
{
    public static async Task LiveAsync(HttpContext context)
    {
        using var reply = new Reply(64);
        reply.Raw("{\"live\":true}"u8);
        await reply.CompleteAsync(context);
    }

    /// <summary>The verdict alone, of a process without models of its own.</summary>
    public static async Task ReadyAsync(HttpContext context, bool ready)
    {
        if (!ready)
            Unready(context);
        using var reply = new Reply(64);
        reply.Raw(ready ? "{\"ready\":true}"u8 : "{\"ready\":false}"u8);
        await reply.CompleteAsync(context);
    }

    public async Task HealthAsync(HttpContext context)
    {
        using var reply = new Reply(128);
        if (!IsReady(backend))
        {
            Unready(context);
            reply.Raw("{\"error\":\"unhealthy\",\"error_type\":\"Unhealthy\"}"u8);
        }

        await reply.CompleteAsync(context);
    }

    public async Task ReadyAsync(HttpContext context)
    {
        var obstacle = Obstacle(backend);
        if (obstacle is not null)
            Unready(context);
        using var reply = new Reply();
        using (var json = reply.Writer())
        {
            json.WriteStartObject();
            json.WriteBoolean("ready", obstacle is null);
            json.WriteString("reason", obstacle);
            json.WriteStartArray("models");
            foreach (var model in backend.Models)
            {
                json.WriteStartObject();
                json.WriteString("name", model.Name);
                json.WriteString("state", model.State.ToString().ToLowerInvariant());
                json.WriteString("task", model.Task.ToString().ToLowerInvariant());
                json.WriteString("device", model.Device);
                json.WriteString("reason", model.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("detectors");
            foreach (var detector in backend.Detectors)
            {
                json.WriteStartObject();
                json.WriteString("name", detector.Name);
                json.WriteString("state", detector.State.ToString().ToLowerInvariant());
                json.WriteString("model", detector.Model);
                json.WriteString("reason", detector.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        await reply.CompleteAsync(context);
    }

    private static void Unready(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "1";
    }

    /// <summary>Whether requests may be sent here.</summary>
    public static bool IsReady(IInferenceBackend backend) => Obstacle(backend) is null;

    private static string? Obstacle(IInferenceBackend backend)
    {
        var any = false;
        foreach (var model in backend.Models)
        {
            if (model.State == ModelState.Loading)
                return $"model '{model.Name}' is not loaded yet: {model.Reason}";
            any |= model.State == ModelState.Ready;
        }

        if (!any)
            return "no model answers";
        if (backend.DefaultDetectors.Count == 0)
            return null;
        var detectors = backend.Detectors;
        foreach (var name in backend.DefaultDetectors)
        {
            var found = detectors.FirstOrDefault(detector => detector.Name == name);
            if (found is null)
                return $"detector '{name}' (Engine:DefaultDetectors) is not here yet";
            if (found.State == ModelState.Loading)
                return $"detector '{name}' (Engine:DefaultDetectors) is not loaded yet: {found.Reason}";
        }

        return null;
    }
}
