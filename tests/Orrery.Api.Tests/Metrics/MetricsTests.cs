using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Orrery.Api.Metrics;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Metrics;

[Collection(LocalFixture.Collection)]
public sealed partial class MetricsTests(LocalFixture fixture)
{
    [Fact]
    public async Task Shows_requests_batches_and_the_process_in_valid_text()
    {
        await fixture.Server.PostAsync("/embed", """{"inputs":"counted"}""");
        await fixture.Server.PostAsync("/v1/embeddings", """{"input":"counted","model":"nobody"}""");
        var answer = await fixture.Server.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.ContentType!.ToString());
        Assert.All(answer.Body.TrimEnd('\n').Split('\n'), line => Assert.Matches(Line(), line));
        foreach (var wanted in (string[])
            [
                "orrery_api_requests_total{route=\"/embed\",protocol=\"tei\",status=\"200\"}",
                "orrery_api_errors_total{protocol=\"openai\",cause=\"model_not_found\"}",
                "orrery_api_request_duration_seconds_bucket{route=\"/embed\",protocol=\"tei\",le=\"+Inf\"}",
                "orrery_api_requests_in_flight ",
                "orrery_engine_batch_items_sum{model=\"tiny-mean\"}",
                "orrery_engine_model_size_bytes{model=\"tiny-mean\"}",
                "orrery_engine_queue_tokens{model=\"tiny-mean\"}",
                "process_resident_memory_bytes ",
                "process_cpu_seconds_total ",
                "dotnet_gc_heap_bytes ",
            ])
            Assert.Contains(wanted, answer.Body, StringComparison.Ordinal);
        Assert.All(Regex.Matches(answer.Body, "# TYPE (\\S+)").GroupBy(match => match.Groups[1].Value), group => Assert.Single(group));
    }

    [Fact]
    public void Exports_every_kind_of_instrument()
    {
        using var meter = new Meter("Orrery.Test." + Guid.NewGuid().ToString("N"));
        using var collector = new MetricsCollector();
        meter.CreateCounter<int>("test.count", "{thing}", "Things\nand \\ more").Add(2, new KeyValuePair<string, object?>("na.me", "a\"b\\c\nd"));
        var upDown = meter.CreateUpDownCounter<long>("test.level", "By");
        upDown.Add(5);
        upDown.Add(-2);
        var gauge = meter.CreateGauge<double>("test.gauge");
        gauge.Record(4);
        gauge.Record(1.5);
        var observed = 7;
        meter.CreateObservableGauge("test.seen", () => observed == 0 ? [] : new[] { new Measurement<int>(observed, new KeyValuePair<string, object?>("who", 1)) });
        meter.CreateObservableCounter("test.all", () => 9L);
        var histogram = meter.CreateHistogram<double>("test.time", "s");
        histogram.Record(0.0005);
        histogram.Record(0.3);
        histogram.Record(99);

        var text = Scrape(collector);
        Assert.Contains("# HELP test_count_total Things\\nand \\\\ more\n# TYPE test_count_total counter\ntest_count_total{na_me=\"a\\\"b\\\\c\\nd\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE test_level_bytes gauge\ntest_level_bytes 3\n", text, StringComparison.Ordinal);
        Assert.Contains("test_gauge 1.5\n", text, StringComparison.Ordinal);
        Assert.Contains("test_seen{who=\"1\"} 7\n", text, StringComparison.Ordinal);
        Assert.Contains("test_all_total 9\n", text, StringComparison.Ordinal);
        Assert.Contains("test_time_seconds_bucket{le=\"0.0005\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("test_time_seconds_bucket{le=\"0.5\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("test_time_seconds_bucket{le=\"30\"} 2\ntest_time_seconds_bucket{le=\"+Inf\"} 3\ntest_time_seconds_sum 99.3005\ntest_time_seconds_count 3\n", text, StringComparison.Ordinal);

        observed = 0;
        Assert.DoesNotContain("test_seen{", Scrape(collector), StringComparison.Ordinal);
        Assert.Contains("test_all_total 9\n", Scrape(collector), StringComparison.Ordinal);
    }

    [GeneratedRegex("""^(# HELP \S+ .*|# TYPE \S+ (counter|gauge|histogram)|[a-z_:][a-z0-9_:]*(\{[a-z_]+="([^"\\]|\\.)*"(,[a-z_]+="([^"\\]|\\.)*")*\})? ([0-9.eE+-]+|\+Inf|-Inf|NaN))$""")]
    private static partial Regex Line();

    private static string Scrape(MetricsCollector collector)
    {
        var text = new PrometheusText();
        collector.Scrape(text);
        return text.ToString();
    }
}
