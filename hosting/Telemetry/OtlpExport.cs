using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Orrery.Engine;

namespace Orrery.Hosting.Telemetry;

/// <summary>OpenTelemetry's providers for our sources and meters, Orleans' and the runtime's.</summary>
internal sealed class OtlpExport : IDisposable
{
    private readonly TracerProvider _traces;
    private readonly MeterProvider _metrics;

    public OtlpExport(Uri endpoint, string protocol, string service)
    {
        // The environment's attributes come last: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
        var resource = ResourceBuilder.CreateEmpty().AddTelemetrySdk().AddService(service, serviceVersion: typeof(OtlpExport).Assembly.GetName().Version!.ToString(3)).AddEnvironmentVariableDetector();
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
            .AddSource(Tracing.SourceName, "Microsoft.Orleans.*")
            .AddOtlpExporter(exporter => Aim(exporter, "v1/traces")).Build();
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
            .AddMeter("Orrery.*", "Microsoft.Orleans", "System.Runtime")
            // The default buckets are for milliseconds; ours are seconds and tokens.
            .AddView(instrument => IsHistogram(instrument) ? new Base2ExponentialBucketHistogramConfiguration() : null)
            .AddOtlpExporter(exporter => Aim(exporter, "v1/metrics")).Build();

        void Aim(OtlpExporterOptions exporter, string path)
        {
            var http = protocol == TelemetryOptions.Http;
            exporter.Protocol = http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
            exporter.Endpoint = http ? new Uri(new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/"), path) : endpoint;
        }
    }

    public void Dispose()
    {
        _traces.Dispose();
        _metrics.Dispose();
    }

    private static bool IsHistogram(Instrument instrument) => instrument.GetType().GetGenericTypeDefinition() == typeof(Histogram<>);
}
