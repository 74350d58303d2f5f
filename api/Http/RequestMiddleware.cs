using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orrery.Api.Metrics;
using Orrery.Engine;

namespace Orrery.Api.Http;

/// <summary>Around every request: metrics, what ends without an answer, and the shape of errors that no route gave one.</summary>
internal sealed partial class RequestMiddleware(RequestDelegate next, RequestMetrics metrics, ILogger<RequestMiddleware> logger)
{
    // What nginx calls a request whose client went away; nobody is there to read it.
    private const int ClientClosedRequest = 499;

    private readonly ProblemProtocol _problem = new();
    private readonly OpenInference.OpenInferenceProtocol _openInference = new();

    public async Task InvokeAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        metrics.Started();
        try
        {
            await next(context);
            if (context.GetEndpoint() is null && context.Response is { StatusCode: StatusCodes.Status404NotFound, HasStarted: false })
                await RespondAsync(context, new ApiError(404, InferenceErrorKind.ModelNotFound, $"there is nothing at {context.Request.Path}"));
            else if (context.Response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false })
                await RespondAsync(context, new ApiError(405, InferenceErrorKind.Invalid, $"{context.Request.Method} is not allowed at {context.Request.Path}"));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = ClientClosedRequest;
        }
        catch (BadHttpRequestException e)
        {
            // A body that is slower, longer or shorter than was said.
            await RespondAsync(context, new ApiError(e.StatusCode, InferenceErrorKind.Invalid, e.Message));
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            LogUnexpected(logger, e, context.Request.Path);
            await RespondAsync(context, new ApiError(500, InferenceErrorKind.Failed, "an unexpected error; the server's log has it"));
        }
        finally
        {
            metrics.Ended(context, Stopwatch.GetElapsedTime(start));
        }
    }

    [LoggerMessage(100, LogLevel.Error, "Unexpected error at {Path}")]
    private static partial void LogUnexpected(ILogger logger, Exception exception, PathString path);

    private Task RespondAsync(HttpContext context, ApiError error)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        var protocol = context.Features.Get<Protocol>() ?? (context.Request.Path.StartsWithSegments("/v2", StringComparison.Ordinal) ? _openInference : _problem);
        return protocol.RespondAsync(context, error);
    }
}
