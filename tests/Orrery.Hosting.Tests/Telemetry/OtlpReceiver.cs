using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orrery.Hosting.Tests.Telemetry;

/// <summary>A span as it came over the wire.</summary>
internal sealed record ReceivedSpan(string TraceId, string SpanId, string ParentId, string Name, ulong Start, ulong End, IReadOnlyDictionary<string, string> Attributes);

/// <summary>A collector: OTLP 1.x over HTTP with protobuf bodies, on loopback. Fields are numbered as in opentelemetry-proto's trace.proto and metrics.proto.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = new();

    public ConcurrentQueue<string> Metrics { get; } = new();

    public ConcurrentQueue<string> Services { get; } = new();

    public string Address => _app.Urls.First();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.MapPost("/v1/traces", (RequestDelegate)(context => ReadAsync(context, receiver.ReadTraces)));
        app.MapPost("/v1/metrics", (RequestDelegate)(context => ReadAsync(context, receiver.ReadMetrics)));
        await app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task ReadAsync(HttpContext context, Action<ByteString> read)
    {
        Assert.Equal("application/x-protobuf", context.Request.ContentType);
        read(await ByteString.FromStreamAsync(context.Request.Body));
        context.Response.ContentType = "application/x-protobuf";
    }

    // ExportTraceServiceRequest.resource_spans = 1; ResourceSpans: resource = 1, scope_spans = 2; ScopeSpans.spans = 2.
    private void ReadTraces(ByteString body)
    {
        foreach (var resource in Fields(body)[1])
        {
            foreach (var attributes in Fields(resource.Bytes)[1])
                Services.Enqueue(Attributes(Fields(attributes.Bytes)[1])["service.name"]);
            foreach (var scope in Fields(resource.Bytes)[2])
            {
                foreach (var span in Fields(scope.Bytes)[2])
                {
                    var fields = Fields(span.Bytes);
                    Spans.Enqueue(new ReceivedSpan(
                        Hex(fields[1]), Hex(fields[2]), Hex(fields[4]), fields[5].First().Bytes.ToStringUtf8(), fields[7].First().Number, fields[8].First().Number, Attributes(fields[9])));
                }
            }
        }
    }

    // ExportMetricsServiceRequest.resource_metrics = 1; ResourceMetrics.scope_metrics = 2; ScopeMetrics.metrics = 2; Metric.name = 1.
    private void ReadMetrics(ByteString body)
    {
        foreach (var resource in Fields(body)[1])
        {
            foreach (var scope in Fields(resource.Bytes)[2])
            {
                foreach (var metric in Fields(scope.Bytes)[2])
                    Metrics.Enqueue(Fields(metric.Bytes)[1].First().Bytes.ToStringUtf8());
            }
        }
    }

    private static string Hex(IEnumerable<Field> field) => Convert.ToHexStringLower(field.FirstOrDefault().Bytes?.ToByteArray() ?? []);

    // KeyValue: key = 1, value = 2; AnyValue: string_value = 1, int_value = 3.
    private static Dictionary<string, string> Attributes(IEnumerable<Field> all) => all.Select(one => Fields(one.Bytes)).ToDictionary(
        pair => pair[1].First().Bytes.ToStringUtf8(),
        pair => Fields(pair[2].First().Bytes) is var value && value[1].Any() ? value[1].First().Bytes.ToStringUtf8() : value[3].FirstOrDefault().Number.ToString(CultureInfo.InvariantCulture));

    private static ILookup<int, Field> Fields(ByteString message)
    {
        var fields = new List<(int Number, Field Value)>();
        var input = message.CreateCodedInput();
        while (input.ReadTag() is var tag and not 0)
        {
            var value = WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => new Field(input.ReadUInt64(), null),
                WireFormat.WireType.Fixed64 => new Field(input.ReadFixed64(), null),
                WireFormat.WireType.Fixed32 => new Field(input.ReadFixed32(), null),
                _ => new Field(0, input.ReadBytes()),
            };
            fields.Add((WireFormat.GetTagFieldNumber(tag), value));
        }

        return fields.ToLookup(field => field.Number, field => field.Value);
    }

    private readonly record struct Field(ulong Number, ByteString? Data)
    {
        public ByteString Bytes => Data!;
    }
}
