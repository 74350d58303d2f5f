using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Orrery.Api.Tests.Support;
using Orrery.Cluster.Tests.Support;
using Orrery.Hosting.Tests.Telemetry;
using Xunit.Abstractions;

namespace Orrery.Cluster.Tests.Processes;

/// <summary>Two fronts and one silo with one replica of each model, all of which send their spans.</summary>
[Collection(ProcessFixture.Collection)]
public sealed class ServingTests(ProcessFixture fixture, ServingTests.Small small, ITestOutputHelper output) : IClassFixture<ServingTests.Small>
{
    [PostgresFact]
    public async Task A_request_is_one_trace_over_front_and_silo()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c", Caller = "b7ad6b7169203331";
        var cluster = await small.StartAsync(fixture);
        using (var request = new HttpRequestMessage(HttpMethod.Post, "/v1/embeddings") { Content = Json.Of(new { model = "tiny-mean", input = "a traced text" }) })
        {
            request.Headers.Add("traceparent", $"00-{Trace}-{Caller}-01");
            using var answer = await cluster.Front.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Dictionary<string, ReceivedSpan> Spans() => small.Receiver.Spans.Where(span => span.TraceId == Trace).DistinctBy(span => span.SpanId).ToDictionary(span => span.SpanId);
        await cluster.Front.UntilAsync(() => Task.FromResult(Spans().Values.Select(span => span.Name).ToHashSet().IsSupersetOf(["POST /v1/embeddings", "queue", "compute"])), "traced");

        var spans = Spans();
        foreach (var span in spans.Values.OrderBy(span => span.Start))
            output.WriteLine($"{span.SpanId} <- {span.ParentId}: {span.Name}");
        var api = Assert.Single(spans.Values, span => span.Name == "POST /v1/embeddings");
        Assert.Equal(Caller, api.ParentId);
        var compute = Assert.Single(spans.Values, span => span.Name == "compute");
        var way = new List<string>();
        for (var at = compute; at != api; at = spans[at.ParentId])
            way.Add(at.Name);
        // From the batch to the front's request: through the grain's call, as the silo and as the front saw it.
        Assert.Equal("compute", way[0]);
        Assert.Equal(2, way.Count(name => name.EndsWith("/EmbedAsync", StringComparison.Ordinal)));
        Assert.Contains("orrery-front", small.Receiver.Services);
        Assert.Contains("orrery-silo", small.Receiver.Services);
    }

    [PostgresFact]
    public async Task No_process_leaves_anything_in_the_users_home()
    {
        var cluster = await small.StartAsync(fixture);
        using (var answer = await cluster.Front.Http.PostAsync("/v1/embeddings", Json.Of(new { model = "tiny-mean", input = "a private text" })))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.All(cluster.Silos.Concat(cluster.Fronts), process => Assert.Empty(Directory.EnumerateFileSystemEntries(process.Home, "*", SearchOption.AllDirectories)));
    }

    [PostgresFact]
    public async Task Callers_of_different_fronts_share_batches()
    {
        const int Callers = 4;
        var cluster = await small.StartAsync(fixture);
        async Task<double> LargerAsync()
        {
            var metrics = await Metrics.OfAsync(cluster.Silos[0]);
            return metrics.Sum("orrery_engine_batch_items_count", "model=\"tiny-mean\"") - metrics.Samples
                .Where(sample => sample.Name == "orrery_engine_batch_items_bucket" && sample.Labels.Contains("model=\"tiny-mean\"", StringComparison.Ordinal) && sample.Labels.Contains("le=\"4\"", StringComparison.Ordinal))
                .Sum(sample => sample.Value);
        }

        // No front has more than four texts on their way: a batch of more holds both fronts'.
        var before = await LargerAsync();
        await using (var one = HttpLoad.Start(cluster.Fronts[0], "tiny-mean", Callers))
        await using (var other = HttpLoad.Start(cluster.Fronts[1], "tiny-mean", Callers))
        {
            await cluster.Silos[0].UntilAsync(async () => await LargerAsync() > before, "computing batches of more than four");
            await Task.WhenAll(one.StopAsync(), other.StopAsync());
            Assert.Empty(one.Failures.Concat(other.Failures));
        }
    }

    [PostgresFact]
    public async Task A_model_that_appears_is_served_and_a_torn_one_says_why_it_is_not()
    {
        var cluster = await small.StartAsync(fixture);
        small.Models.With("newcomer", "tiny-cls").With("torn", torn: true);

        var status = await cluster.UntilAsync(
            status => status.Models.Any(model => model is { Model: "newcomer", State: "ready" }) && status.Models.Any(model => model is { Model: "torn", State: "failed" }), "both found");

        using (var answer = await cluster.Front.Http.PostAsync("/v1/embeddings", Json.Of(new { model = "newcomer", input = "a text" })))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using (var answer = await cluster.Front.Http.PostAsync("/v1/embeddings", Json.Of(new { model = "torn", input = "a text" })))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var reason = status.Models.Single(model => model.Model == "torn").Reason!;
        Assert.NotEmpty(reason);
        using var health = JsonDocument.Parse(await cluster.Front.Http.GetStringAsync("/health/ready"));
        Assert.Equal(reason, Named(health.RootElement.GetProperty("models"), "torn").GetProperty("reason").GetString());
        using var index = await cluster.Front.Http.PostAsync("/v2/repository/index", null);
        using var models = JsonDocument.Parse(await index.Content.ReadAsStringAsync());
        Assert.Equal("UNAVAILABLE", Named(models.RootElement, "torn").GetProperty("state").GetString());
        Assert.Equal(reason, Named(models.RootElement, "torn").GetProperty("reason").GetString());
    }

    [PostgresFact]
    public async Task A_detector_of_another_version_is_refused_as_in_one_process()
    {
        var cluster = await small.StartAsync(fixture);
        using var health = JsonDocument.Parse(await cluster.Front.Http.GetStringAsync("/health/ready"));
        var digest = (await cluster.StatusAsync()).Models.Single(model => model.Model == "tiny-mean").Version;
        var foreign = Named(health.RootElement.GetProperty("detectors"), "tiny-foreign");
        Assert.Equal("failed", foreign.GetProperty("state").GetString());
        // DetectorInfo.Unready's words, which the engine's own tests hold.
        var reason = $"its head was trained on version {string.Concat(Enumerable.Repeat("ab", 32))} of model 'tiny-mean', but version {digest} is loaded: load that version, or train the head again";
        Assert.Equal(reason, foreign.GetProperty("reason").GetString());

        using var refused = await cluster.Front.Http.PostAsync("/v1/score", Json.Of(new { input = "a text", detectors = new[] { "tiny-foreign" } }));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains($"detector 'tiny-foreign' is not ready: {reason}", JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        using var judged = await cluster.Front.Http.PostAsync("/v1/score", Json.Of(new { input = "a text", detectors = new[] { "tiny-spam" } }));
        Assert.Equal(HttpStatusCode.OK, judged.StatusCode);
    }

    [PostgresFact]
    public async Task Models_are_unloaded_and_loaded_through_any_front()
    {
        var cluster = await small.StartAsync(fixture);
        async Task<HttpStatusCode> AskAsync(ClusterProcess front)
        {
            using var answer = await front.Http.PostAsync("/v1/embeddings", Json.Of(new { model = "by-hand", input = "a text" }));
            return answer.StatusCode;
        }

        async Task<HttpStatusCode> ChangeAsync(ClusterProcess front, string what)
        {
            using var answer = await front.Http.PostAsync($"/v2/repository/models/by-hand/{what}", null);
            return answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, await ChangeAsync(cluster.Fronts[0], "unload"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await AskAsync(cluster.Fronts[0]));
        await cluster.Fronts[1].UntilAsync(async () => await AskAsync(cluster.Fronts[1]) == HttpStatusCode.ServiceUnavailable, "told");
        Assert.Equal(HttpStatusCode.OK, await ChangeAsync(cluster.Fronts[1], "load"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(cluster.Fronts[1]));
        await cluster.Fronts[0].UntilAsync(async () => await AskAsync(cluster.Fronts[0]) == HttpStatusCode.OK, "told");
    }

    [PostgresFact]
    public async Task Every_answer_is_of_one_version_while_versions_change()
    {
        var cluster = await fixture.SharedAsync();
        fixture.Models.With("rolled/1");
        var old = (await cluster.UntilAsync(status => status.Ready("rolled").Distinct().Count() == 2, "two replicas apart")).Models.Single(model => model.Model == "rolled").Version;
        var texts = Enumerable.Range(0, 64).Select(i => $"text {i}").ToArray();
        var (before, _) = await EmbedAsync();

        fixture.Models.With("rolled/2", "tiny-cls");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/repository/models/rolled/load") { Headers = { Authorization = new("Bearer", ProcessFixture.Token) } };
        var loading = cluster.Front.Http.SendAsync(request);
        var answers = new List<string>();
        while (!loading.IsCompleted || answers[^1] == before)
            answers.Add((await EmbedAsync()).Vectors);
        using var loaded = await loading;
        Assert.Equal(HttpStatusCode.OK, loaded.StatusCode);

        // Not one has some vectors of the one and some of the other.
        var (after, _) = await EmbedAsync();
        Assert.NotEqual(before, after);
        output.WriteLine($"{answers.Count} answers of {texts.Length} texts, {answers.Count(answer => answer == before)} of them of version {old}");
        Assert.All(answers, answer => Assert.True(answer == before || answer == after, "an answer of two versions"));

        async Task<(string Vectors, int Count)> EmbedAsync()
        {
            using var answer = await cluster.Front.Http.PostAsync("/v1/embeddings", Json.Of(new { model = "rolled", input = texts }));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var data = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data");
            // Batches of other sizes round otherwise in the last digits.
            return (string.Join(' ', data.EnumerateArray().Select(one => one.GetProperty("embedding")[0].GetDouble().ToString("f3", System.Globalization.CultureInfo.InvariantCulture))), data.GetArrayLength());
        }
    }

    private static JsonElement Named(JsonElement list, string name) => list.EnumerateArray().Single(one => one.GetProperty("name").GetString() == name);

    /// <summary>The cluster of these tests.</summary>
    public sealed class Small : IAsyncLifetime
    {
        private ProcessCluster? _cluster;
        private OtlpReceiver? _receiver;

        internal Models Models { get; } = new Models().With("tiny-mean").With("by-hand");

        internal OtlpReceiver Receiver => _receiver!;

        internal async Task<ProcessCluster> StartAsync(ProcessFixture fixture)
        {
            if (_cluster is null)
            {
                _receiver = await OtlpReceiver.StartAsync();
                // Spans leave at once instead of after five seconds (OpenTelemetry's batch span processor).
                (string, string)[] telemetry = [("OTEL_EXPORTER_OTLP_ENDPOINT", _receiver.Address), ("OTEL_BSP_SCHEDULE_DELAY", "100")];
                _cluster = await ProcessCluster.CreateAsync(fixture.Postgres, Models, [("DETECTOR_DIR", Repository.Path("tests", "fixtures", "detectors")), .. telemetry], telemetry);
            }

            await _cluster.GrowAsync(silos: 1, fronts: 2);
            await _cluster.UntilAsync(status => status.Ready("tiny-mean").Length == 1 && status.Ready("by-hand").Length == 1, "both models");
            return _cluster;
        }

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            if (_cluster is not null)
                await _cluster.DisposeAsync();
            if (_receiver is not null)
                await _receiver.DisposeAsync();
            Models.Dispose();
        }
    }
}
