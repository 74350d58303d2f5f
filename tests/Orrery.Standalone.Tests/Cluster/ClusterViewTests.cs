using Orrery.Standalone.Cluster;
using Spectre.Console;

namespace Orrery.Standalone.Tests.Cluster;

public sealed class ClusterViewTests
{
    private static readonly IReadOnlyList<ProcessPlan> _plans = ClusterPlan.Make(new ClusterSize(1, 1, 1, 8080, ["/models"], TimeSpan.FromSeconds(5), "/remembered"), "/apps", [1001, 1002, 1003, 1004, 1005, 1006]);

    [Fact]
    public void Tells_each_process_where_it_and_the_others_are()
    {
        Assert.Equal(["silo-1", "silo-2", "front-1"], _plans.Select(plan => plan.Name));
        Assert.Equal(["cpu", "gpu"], _plans.Take(2).Select(plan => plan.Settings["ORRERY__Silo__Device"]));
        Assert.All(_plans, plan =>
        {
            Assert.Equal(("/remembered", ""), (plan.Settings["ORRERY__Cluster__Directory"], plan.Settings["ORRERY__Cluster__Database"]));
            Assert.Equal("00:00:05", plan.Settings["ORRERY__Server__ShutdownTimeout"]);
        });
        Assert.Equal("1004", _plans[1].Settings["ORRERY__Server__Port"]);
        Assert.Equal("8080", _plans[2].Settings["ORRERY__Server__Port"]);
        Assert.Equal("cuda", _plans[1].Settings["ORRERY__Engine__Devices"]);
        Assert.DoesNotContain("ORRERY__Engine__Devices", _plans[0].Settings.Keys);
        Assert.Equal("/models", _plans[1].Settings["ORRERY__Engine__ModelDirectories"]);
        Assert.DoesNotContain("ORRERY__Engine__ModelDirectories", _plans[2].Settings.Keys);
        Assert.Equal("/apps/front/orrery-front", _plans[2].Program);
    }

    [Fact]
    public void Shows_what_each_does_and_what_the_dead_said_last()
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 140;
        console.Write(ClusterView.Table(
            [
                new(_plans[0], ProcessState.Ready, 11, Models: "2 × [odd]", Rate: 1234.4, Memory: 100 << 20),
                new(_plans[1], ProcessState.Ended, 12, 139, LastLines: ["first", "[last]"]),
                new(_plans[2], ProcessState.Ready, 13, Models: "3 models", Rate: 7, Memory: 50 << 20),
            ],
            "/logs"));
        var lines = text.ToString().Split('\n');
        Assert.Contains(lines, line => Has(line, "silo-1", "11", "ready", "127.0.0.1:1001", "2 × [odd]", "1234 texts", "100 MB"));
        Assert.Contains(lines, line => Has(line, "silo-2", "12", "ended with 139 (segmentation fault)"));
        Assert.Contains(lines, line => Has(line, "front-1", "13", "127.0.0.1:8080", "3 models", "7 requests"));
        Assert.Contains(lines, line => line.StartsWith("    [last]", StringComparison.Ordinal));
        Assert.Contains(lines, line => Has(line, "2 of 3 processes are ready", "/logs"));

        static bool Has(string line, params string[] parts) => parts.All(part => line.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public void Counts_requests_of_clients_and_not_its_own()
    {
        const string Metrics = """
            # TYPE orrery_api_requests_total counter
            orrery_api_requests_total{route="/embed",protocol="tei",status="200"} 7
            orrery_api_requests_total{route="/v1/score",protocol="orrery",status="429"} 1.5e1
            orrery_api_requests_total{route="/health/ready",protocol="orrery",status="200"} 100
            orrery_api_requests_total{route="/metrics",protocol="orrery",status="200"} 100
            orrery_api_requests_total{route="/v1/cluster",protocol="orrery",status="200"} 100
            orrery_api_request_duration_seconds_count{route="/embed"} 100
            """;
        Assert.Equal(22, ProcessProbe.Sum(Metrics, "orrery_api_requests_total"));
        Assert.Equal(0, ProcessProbe.Sum(Metrics, "orrery_engine_items_total"));
    }
}
