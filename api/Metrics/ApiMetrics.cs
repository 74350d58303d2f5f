using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Orrery.Api.Http;

namespace Orrery.Api.Metrics;

/// <summary>The API's own instruments.</summary>
internal sealed class ApiMetrics : IDisposable
{
    public const string MeterName = "Orrery.Api";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _requests;
    private readonly Counter<long> _errors;
    private readonly Histogram<double> _duration;
    private readonly ConcurrentDictionary<int, string> _statuses = new();
    private readonly ConcurrentDictionary<ErrorCause, string> _causes = new();

    private int _inFlight;

    public ApiMetrics()
    {
        _requests = _meter.CreateCounter<long>("orrery.api.requests", "{request}", "Requests answered, by route, protocol and status; 499 for clients that left.");
        _errors = _meter.CreateCounter<long>("orrery.api.errors", "{request}", "Requests refused or failed, by protocol and cause.");
        _meter.CreateObservableUpDownCounter("orrery.api.requests.in_flight", () => InFlight, "{request}", "Requests being answered now.");
        _duration = _meter.CreateHistogram<double>("orrery.api.request.duration", "s", "From a request's first line read to its answer handed over.");
    }

    /// <summary>Requests being answered now. Kept here: a listener that comes late must not miss where it stands.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    public void Began() => Interlocked.Increment(ref _inFlight);

    /// <summary>Counts an answer.</summary>
    /// <param name="route">The route's pattern, never the path: paths have no bound.</param>
    /// <param name="protocol">The protocol's name.</param>
    /// <param name="status">The status sent.</param>
    /// <param name="cause">Why it failed; null where only the status tells.</param>
    /// <param name="elapsed">How long it took.</param>
    public void Ended(string route, string protocol, int status, ErrorCause? cause, TimeSpan elapsed)
    {
        Interlocked.Decrement(ref _inFlight);
        var tags = new TagList { { "route", route }, { "protocol", protocol } };
        _duration.Record(elapsed.TotalSeconds, tags);
        tags.Add("status", _statuses.GetOrAdd(status, static status => status.ToString(CultureInfo.InvariantCulture)));
        _requests.Add(1, tags);
        if (status >= 400)
            _errors.Add(1, new("protocol", protocol), new("cause", CauseText(cause, status)));
    }

    public void Dispose() => _meter.Dispose();

    private string CauseText(ErrorCause? cause, int status) =>
        cause is { } known ? _causes.GetOrAdd(known, static cause => SnakeCase(cause.ToString())) : status switch
        {
            404 => "not_found",
            413 => "body_too_large",
            429 => "overloaded",
            499 => "client_left",
            503 => "model_not_ready",
            504 => "deadline_exceeded",
            < 500 => "invalid",
            _ => "failed",
        };

    private static string SnakeCase(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
