using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Orrery.Engine;

namespace Orrery.Api.Http;

/// <summary>A request's span, by OpenTelemetry's conventions for HTTP servers.</summary>
internal static class RequestSpan
{
    /// <summary>Begins one, under the caller's where its <c>traceparent</c> (W3C Trace Context) names it.</summary>
    /// <returns>Null while nobody listens or samples, and for probes, which would drown what matters.</returns>
    public static Activity? Start(HttpContext context)
    {
        if (!Tracing.Source.HasListeners() || context.Request.Path.StartsWithSegments("/health") || context.Request.Path.StartsWithSegments("/metrics"))
            return null;
        // What is current is ASP.NET's own activity. Nobody exports it: as a parent it would be a hole in the trace.
        Activity.Current = null;
        ActivityContext.TryParse(context.Request.Headers.TraceParent, context.Request.Headers.TraceState, isRemote: true, out var caller);
        return Tracing.Source.StartActivity(context.Request.Method, ActivityKind.Server, caller);
    }

    /// <summary>Says how it ended; the caller disposes it.</summary>
    /// <param name="span">The span.</param>
    /// <param name="method">The request's method.</param>
    /// <param name="route">The route's pattern.</param>
    /// <param name="protocol">The protocol's name.</param>
    /// <param name="status">The status sent.</param>
    public static void Ended(this Activity span, string method, string route, string protocol, int status)
    {
        span.DisplayName = $"{method} {route}";
        span.SetTag("http.request.method", method).SetTag("http.route", route).SetTag("http.response.status_code", status).SetTag("orrery.protocol", protocol);
        if (status >= 500)
            span.SetStatus(ActivityStatusCode.Error);
    }
}
