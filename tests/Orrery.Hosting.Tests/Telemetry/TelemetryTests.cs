using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Api;
using Orrery.Engine;
using Orrery.Hosting.Telemetry;

namespace Orrery.Hosting.Tests.Telemetry;

public sealed class TelemetryTests
{
    [Fact]
    public async Task A_request_and_what_it_waited_for_are_one_trace_which_the_caller_s_traceparent_names()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c", Caller = "b7ad6b7169203331";
        await using var receiver = await OtlpReceiver.StartAsync();
        await AskAsync(receiver, async client =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/embeddings") { Content = JsonContent.Create(new { model = "tiny-mean", input = "a text" }) };
            request.Headers.Add("traceparent", $"00-{Trace}-{Caller}-01");
            using var answer = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        });

        var spans = receiver.Spans.Where(span => span.TraceId == Trace).ToDictionary(span => span.Name);
        Assert.Equal(["POST /v1/embeddings", "compute", "queue"], spans.Keys.Order(StringComparer.Ordinal));
        var request = spans["POST /v1/embeddings"];
        Assert.Equal(Caller, request.ParentId);
        Assert.Equal("/v1/embeddings", request.Attributes["http.route"]);
        Assert.Equal("200", request.Attributes["http.response.status_code"]);
        Assert.Equal("openai", request.Attributes["orrery.protocol"]);
        Assert.Equal(request.SpanId, spans["queue"].ParentId);
        Assert.Equal(request.SpanId, spans["compute"].ParentId);
        Assert.Equal("tiny-mean", spans["compute"].Attributes["orrery.model"]);
        Assert.Equal("1", spans["compute"].Attributes["orrery.batch.items"]);
        Assert.True(spans["queue"].Start <= spans["queue"].End && spans["queue"].End == spans["compute"].Start && spans["compute"].Start <= spans["compute"].End);
        Assert.Contains("orrery-test", receiver.Services);
    }

    [Fact]
    public async Task Requests_that_share_a_batch_have_traces_of_their_own()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await AskAsync(receiver, client => Task.WhenAll(Enumerable.Range(0, 32).Select(async i =>
        {
            // Every fourth is equal to another: it joins that one, and has its own spans all the same.
            using var answer = await client.PostAsJsonAsync("/embed", new { inputs = (string[])[$"text {i % 24}", $"other {i}"] });
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        })));

        var traces = receiver.Spans.GroupBy(span => span.TraceId).ToList();
        Assert.Equal(32, traces.Count);
        Assert.All(traces, trace =>
        {
            var request = Assert.Single(trace, span => span.Name == "POST /embed");
            Assert.Equal("", request.ParentId);
            Assert.Contains(trace, span => span.Name == "compute");
            Assert.All(trace.Where(span => span != request), span => Assert.Equal(request.SpanId, span.ParentId));
        });
    }

    [Fact]
    public async Task An_unsampled_caller_is_not_traced_and_neither_are_probes()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await AskAsync(receiver, async client =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v2");
            request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319d-b7ad6b7169203331-00");
            (await client.SendAsync(request)).Dispose();
            await client.GetStringAsync("/health/ready");
            await client.GetStringAsync("/v1/models");
        });
        Assert.Equal("GET /v1/models", Assert.Single(receiver.Spans).Name);
    }

    [Fact]
    public async Task Measurements_of_api_engine_and_runtime_are_sent()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await AskAsync(receiver, async client => (await client.PostAsJsonAsync("/embed", new { inputs = "a text" })).Dispose());
        Assert.Contains("orrery.api.requests", receiver.Metrics);
        Assert.Contains("orrery.engine.run.duration", receiver.Metrics);
        Assert.Contains(receiver.Metrics, name => name.StartsWith("dotnet.gc.", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_sent_where_no_endpoint_is_set()
    {
        Assert.Null(TelemetryExport.Start(new TelemetryOptions(), "orrery-test"));
        Assert.False(Tracing.Source.HasListeners());
    }

    /// <summary>Serves a fixture over a real socket, asks, and sends what was recorded.</summary>
    private static async Task AskAsync(OtlpReceiver receiver, Func<HttpClient, Task> ask)
    {
        var engine = new EngineOptions { ModelDirectories = [Checkout.Fixture("tiny-mean")], Sessions = 1, ThreadsPerSession = 1, MaxBatchTokens = 4096 };
        using var telemetry = TelemetryExport.Start(new TelemetryOptions { Endpoint = receiver.Address }, "orrery-test");
        await using var backend = await LocalBackend.CreateAsync(engine, NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<IInferenceBackend>(backend);
        builder.Services.AddOrreryApi(new ApiOptions());
        await using var app = builder.Build();
        app.MapOrreryApi();
        await app.StartAsync();
        using (var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) })
            await ask(client);
        await app.StopAsync();
        // The engine ends its threads, and with them what they have to tell.
        await backend.DisposeAsync();
        telemetry!.Dispose();
    }
}
