using System.Runtime.CompilerServices;

namespace Orrery.Hosting.Telemetry;

/// <summary>Sends a process's spans and measurements to an OpenTelemetry collector.</summary>
public static class TelemetryExport
{
    /// <summary>Begins, where an endpoint is set. Without one no assembly of OpenTelemetry is loaded.</summary>
    /// <param name="options">Where to.</param>
    /// <param name="service">The service's name, where OTEL_SERVICE_NAME says no other.</param>
    /// <returns>Sends what is left when disposed, and waits some seconds at most; null when nothing is sent.</returns>
    public static IDisposable? Start(TelemetryOptions options, string service) => options.Endpoint is { } endpoint ? Load(new Uri(endpoint), options, service) : null;

    // A method of its own: its types are loaded when it is compiled.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static OtlpExport Load(Uri endpoint, TelemetryOptions options, string service) => new(endpoint, options.Protocol, service);
}
