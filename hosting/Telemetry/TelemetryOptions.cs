using Orrery.Hosting.Settings;

namespace Orrery.Hosting.Telemetry;

/// <summary>Where spans and measurements are sent.</summary>
public sealed record TelemetryOptions
{
    /// <summary>OTLP over HTTP, protobuf bodies.</summary>
    public const string Http = "http/protobuf";

    /// <summary>OTLP over gRPC.</summary>
    public const string Grpc = "grpc";

    /// <summary>The collector's address, <c>http://collector:4318</c> say; null sends nothing and loads nothing.</summary>
    public string? Endpoint { get; init; }

    /// <summary><see cref="Http"/> or <see cref="Grpc"/>.</summary>
    public string Protocol { get; init; } = Http;

    /// <summary>The keys under <c>Telemetry</c>.</summary>
    public static IReadOnlyList<Setting<TelemetryOptions>> Table { get; } =
    [
        new("Telemetry:Endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT", "an http or https address", (t, v) =>
            Uri.TryCreate(v, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? t with { Endpoint = v } : null),
        SettingKinds.Choice<TelemetryOptions>("Telemetry:Protocol", "OTEL_EXPORTER_OTLP_PROTOCOL", [Http, Grpc], (t, v) => t with { Protocol = v }),
    ];
}
