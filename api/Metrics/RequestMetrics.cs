using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orrery.Api.Http;

namespace Orrery.Api.Metrics;

/// <summary>Counts and times requests by route, protocol and status, and errors by cause.</summary>
internal sealed class RequestMetrics : IDisposable
{
    private readonly Meter _meter = new("Orrery.Api");
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _errors;
    private readonly UpDownCounter<long> _active;

    public RequestMetrics()
    {
        _requests = _meter.CreateCounter<long>("orrery.api.requests", "{request}", "Requests answered, by route, protocol and status.");
        _duration = _meter.CreateHistogram<double>("orrery.api.request.duration", "s", "From the head of a request to the end of its answer.");
        _errors = _meter.CreateCounter<long>("orrery.api.errors", "{request}", "Requests refused or failed, by cause.");
        _active = _meter.CreateUpDownCounter<long>("orrery.api.requests.active", "{request}", "Requests in work.");
    }

    public void Started() => _active.Add(1);

    public void Ended(HttpContext context, TimeSpan elapsed)
    {
        _active.Add(-1);
        var route = new KeyValuePair<string, object?>("route", (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none");
        _requests.Add(
            1, route, new("protocol", context.Features.Get<Protocol>()?.Name ?? "none"), new("status", context.Response.StatusCode));
        _duration.Record(elapsed.TotalSeconds, route);
        if (context.Features.Get<ApiError>() is { } error)
            _errors.Add(1, route, new("cause", error.Kind.ToString()));
    }

    public void Dispose() => _meter.Dispose();
}
