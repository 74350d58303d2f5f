using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orrery.Api.Metrics;

namespace Orrery.Api.Http;

/// <summary>
/// Around every request: counts and times it, turns what nobody handled into an answer, and tells a client that left from a failure.
/// Outermost in the pipeline, put there by the startup filter so that hosts need not think of it.
/// </summary>
internal sealed class RequestObserver(ApiMetrics metrics, ILogger<RequestObserver> logger) : IStartupFilter
{
    // nginx's number for a client that closed the request; never sent.
    private const int ClientClosedRequest = 499;

    private static readonly object CauseKey = new();

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(inner => context => ObserveAsync(context, inner));
        next(app);
    };

    /// <summary>Says why a request failed, for the metrics.</summary>
    public static void SetCause(HttpContext context, ErrorCause cause) => context.Items[CauseKey] = cause;

    private async Task ObserveAsync(HttpContext context, RequestDelegate next)
    {
        var start = Stopwatch.GetTimestamp();
        metrics.Began();
        RequestId.Set(context);
        using var span = RequestSpan.Start(context);
        var status = 0;
        try
        {
            await next(context);
            if (context.Response.StatusCode is 404 or 405 && !context.Response.HasStarted && context.Response.ContentLength is null)
                await UnroutedAsync(context);
            status = context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted ? ClientClosedRequest : context.Response.StatusCode;
        }
        catch (Exception e) when (IsDisconnect(context, e))
        {
            // Said plainly, or the server tries to read on.
            context.Abort();
            status = ClientClosedRequest;
        }
        catch (BadHttpRequestException e)
        {
            await ProtocolOf(context).WriteErrorAsync(context, new(ErrorCause.BodyUnreadable, e.Message, Status: e.StatusCode));
            status = context.Response.StatusCode;
        }
        catch (Exception e)
        {
            Log.Unexpected(logger, e, context.Request.Method, context.Request.Path);
            await ProtocolOf(context).WriteErrorAsync(context, new(ErrorCause.Internal, "the server failed to answer; its log says why"));
            status = StatusCodes.Status500InternalServerError;
        }
        finally
        {
            span?.Ended(context.Request.Method, RouteOf(context), ProtocolOf(context).Name, status);
            metrics.Ended(RouteOf(context), ProtocolOf(context).Name, status, context.Items.TryGetValue(CauseKey, out var cause) ? (ErrorCause?)cause : null, Stopwatch.GetElapsedTime(start));
        }
    }

    private static bool IsDisconnect(HttpContext context, Exception e) =>
        e is OperationCanceledException or IOException and not BadHttpRequestException && context.RequestAborted.IsCancellationRequested
        || e is Microsoft.AspNetCore.Connections.ConnectionResetException;

    private static Task UnroutedAsync(HttpContext context)
    {
        var error = context.Response.StatusCode == 404
            ? new ApiError(ErrorCause.RouteNotFound, $"there is no route {context.Request.Method} {context.Request.Path}")
            : new ApiError(ErrorCause.MethodNotAllowed, $"{context.Request.Path} does not take {context.Request.Method}");
        return ProtocolOf(context).WriteErrorAsync(context, error);
    }

    /// <summary>The protocol of the endpoint that was found; where none was, that of its neighbours.</summary>
    public static Protocol ProtocolOf(HttpContext context) =>
        Protocol.SpokenIn(context) ?? context.GetEndpoint()?.Metadata.GetMetadata<Protocol>() ?? context.RequestServices.GetService<ProtocolPrefixes>()?.Of(context.Request.Path) ?? ProblemProtocol.Instance;

    // Routing's own endpoint for a wrong verb has no pattern.
    private static string RouteOf(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "unmatched";
}

/// <summary>What the API logs.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 2001, Level = LogLevel.Error, Message = "{Method} {Path} failed unexpectedly")]
    public static partial void Unexpected(ILogger logger, Exception exception, string method, string path);
}
