using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Agreement;

public partial class MonitoringTests
{
    // What an expression is made of beside metrics and labels.
    private static readonly HashSet<string> Words = ["sum", "max", "rate", "increase", "by", "histogram_quantile"];

    [OverlayTheory]
    [InlineData("cpu")]
    [InlineData("gpu")]
    public void Prometheus_finds_every_front_and_silo(string overlay)
    {
        var objects = Overlay.Render(overlay);
        var monitor = Assert.Single(objects, one => one.Kind == "ServiceMonitor");
        var endpoint = Assert.Single(monitor.Spec["endpoints"]!.AsArray())!;
        Assert.Equal(Expected.Metrics, (string)endpoint["path"]!);
        var services = objects.Where(one => one.Kind == "Service" && Manifest.Selects(monitor.Spec["selector"], Manifest.Labels(one.Json["metadata"]!["labels"]))).ToList();
        foreach (var server in Overlay.Servers(overlay))
        {
            var service = Assert.Single(services, one => Manifest.Selects(new JsonObject { ["matchLabels"] = one.Spec["selector"]!.DeepClone() }, server.PodLabels));
            var port = Assert.Single(service.Spec["ports"]!.AsArray(), one => (string)one!["name"]! == (string)endpoint["port"]!)!;
            Assert.Equal(Expected.PortsOf(server.Image)!["http"], server.Ports[(string)port["targetPort"]!]);
        }
    }

    [Fact]
    public void The_dashboard_shows_only_what_the_code_measures()
    {
        var asked = Panels().SelectMany(panel => panel["targets"]!.AsArray()).SelectMany(target => MetricsOf((string)target!["expr"]!)).Distinct().ToList();
        Assert.True(asked.Count > 20, "the expressions were not read");
        Assert.Equal([], asked.Except(Instruments.Exported).Except(["up"]));
    }

    [Fact]
    public void A_metric_that_the_code_does_not_measure_is_noticed()
    {
        Assert.Contains("orrery_api_request_duration_seconds_bucket", Instruments.Exported);
        Assert.Contains("orrery_engine_queue_tokens", Instruments.Exported);
        Assert.Contains("orrery_engine_model_size_bytes", Instruments.Exported);
        Assert.DoesNotContain("orrery_api_requests", Instruments.Exported);
        Assert.Equal(["orrery_api_request_total"], MetricsOf("sum by (status) (rate(orrery_api_request_total{namespace=\"$namespace\"}[$__rate_interval]))"));
    }

    [Fact]
    public void Panels_lie_beside_each_other_and_have_a_title_a_description_and_a_number_of_their_own()
    {
        var panels = Dashboard()["panels"]!.AsArray().Select(panel => panel!.AsObject()).ToList();
        Assert.Equal(panels.Count, panels.Select(panel => (int)panel["id"]!).Distinct().Count());
        Assert.All(Panels(), panel => Assert.False(string.IsNullOrEmpty((string?)panel["title"]) || string.IsNullOrEmpty((string?)panel["description"])));
        var cells = panels.SelectMany(panel =>
        {
            var at = panel["gridPos"]!;
            return from x in Enumerable.Range((int)at["x"]!, (int)at["w"]!) from y in Enumerable.Range((int)at["y"]!, (int)at["h"]!) select (x, y);
        }).ToList();
        Assert.Equal(cells.Count, cells.Distinct().Count());
        Assert.All(cells, cell => Assert.InRange(cell.x, 0, 23));
    }

    [OverlayTheory]
    [InlineData("cpu")]
    [InlineData("gpu")]
    public void Grafana_is_given_the_dashboard(string overlay)
    {
        var map = Assert.Single(Overlay.Render(overlay), one => one.Kind == "ConfigMap");
        Assert.Equal("1", (string)map.Json["metadata"]!["labels"]!["grafana_dashboard"]!);
        Assert.True(JsonNode.DeepEquals(Dashboard(), JsonNode.Parse((string)map.Json["data"]!["orrery.json"]!)));
    }

    private static JsonObject Dashboard() => JsonNode.Parse(Checkout.Read("k8s", "monitoring", "dashboard.json"))!.AsObject();

    private static IEnumerable<JsonObject> Panels() =>
        Dashboard()["panels"]!.AsArray().Select(panel => panel!.AsObject()).Where(panel => (string)panel["type"]! != "row");

    /// <summary>The names in an expression of PromQL that are neither labels, nor functions, nor within quotes.</summary>
    private static IEnumerable<string> MetricsOf(string expression) =>
        Name().Matches(NotMetrics().Replace(expression, " ")).Select(name => name.Value).Where(name => !Words.Contains(name));

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)")]
    private static partial Regex NotMetrics();

    [GeneratedRegex(@"[a-zA-Z_:][a-zA-Z0-9_:]*")]
    private static partial Regex Name();
}
