using System.Net;
using System.Text.Json;
using Orrery.Cluster.Tests.Support;

namespace Orrery.Cluster.Tests.Processes;

[Collection(ProcessFixture.Collection)]
public sealed class OperationsTests(ProcessFixture fixture)
{
    [PostgresFact]
    public async Task The_dashboard_is_for_neighbours_without_a_token_and_with_one_for_whoever_brings_it()
    {
        var cluster = await fixture.SharedAsync();
        var open = cluster.Silos[0];
        using var page = await open.Http.GetAsync("/dashboard/");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.Contains("<html", await page.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
        using (var forwarded = new HttpRequestMessage(HttpMethod.Get, "/dashboard/"))
        {
            forwarded.Headers.Add("X-Forwarded-For", "203.0.113.7");
            using var refused = await open.Http.SendAsync(forwarded);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        using var kept = cluster.AddSilo(("ADMIN_TOKEN", ProcessFixture.Token));
        cluster.Silos.Remove(kept);
        await kept.ReadyAsync();
        foreach (var path in (string[])["/dashboard", "/dashboard/", "/dashboard/DashboardCounters", "/dashboard/index.min.js"])
            Assert.Equal(HttpStatusCode.Unauthorized, await kept.StatusAsync(path));
        Assert.Equal(HttpStatusCode.OK, await kept.StatusAsync("/health/ready"));
        kept.Http.DefaultRequestHeaders.Authorization = new("Bearer", ProcessFixture.Token);
        Assert.Equal(HttpStatusCode.OK, await kept.StatusAsync("/dashboard/"));
        Assert.Equal(HttpStatusCode.OK, await kept.StatusAsync("/dashboard/DashboardCounters"));
        kept.Terminate();
        Assert.Equal(0, await kept.EndAsync());
    }

    [PostgresFact]
    public async Task Metrics_of_silos_and_fronts_are_Prometheus_text_with_ours_and_Orleans_own()
    {
        var cluster = await fixture.SharedAsync();
        using (var answer = await cluster.Front.Http.PostAsync("/v1/embeddings", Json.Of(new { model = "model", input = "a text" })))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        var front = await Metrics.OfAsync(cluster.Front);
        Assert.True(front.Sum("orrery_api_requests_total", "route=\"/v1/embeddings\"") >= 1);
        Assert.Equal(2, front.Sum("orrery_cluster_replicas", "model=\"model\""));
        Assert.Equal(2, front.Sum("orrery_cluster_replicas_desired", "model=\"model\""));
        Assert.Equal(3, front.Sum("orrery_pool_silos", "pool=\"cpu\""));
        Assert.True(front.Sum("orrery_pool_desired_silos", "pool=\"cpu\"") >= 1);
        Assert.True(front.Holds("orleans_"), "Orleans' own are missing on the front");

        foreach (var silo in cluster.Silos)
        {
            var metrics = await Metrics.OfAsync(silo);
            Assert.True(metrics.Sum("orleans_catalog_activations") >= 1, "Orleans' own are missing on a silo");
            Assert.True(metrics.Sum("process_resident_memory_bytes") > 1 << 20);
        }

        var items = 0.0;
        foreach (var silo in cluster.Silos)
            items += (await Metrics.OfAsync(silo)).Sum("orrery_engine_items_total", "model=\"model\"");
        Assert.True(items >= 1);
    }

    [PostgresFact]
    public async Task A_scaler_reads_how_many_silos_a_pool_should_have()
    {
        var cluster = await fixture.SharedAsync();
        using var cpu = JsonDocument.Parse(await cluster.Front.Http.GetStringAsync("/v1/autoscale/cpu"));
        Assert.Equal("cpu", cpu.RootElement.GetProperty("pool").GetString());
        Assert.Equal(3, cpu.RootElement.GetProperty("current").GetInt32());
        Assert.True(cpu.RootElement.GetProperty("desired").GetInt32() >= 1);
        Assert.Equal(cpu.RootElement.GetProperty("desired").GetInt32(), cpu.RootElement.GetProperty("value").GetInt32());
        using var gpu = JsonDocument.Parse(await cluster.Front.Http.GetStringAsync("/v1/autoscale/gpu"));
        Assert.Equal(0, gpu.RootElement.GetProperty("current").GetInt32());

        using var nope = await cluster.Front.Http.GetAsync("/v1/autoscale/nope");
        Assert.Equal(HttpStatusCode.NotFound, nope.StatusCode);
        Assert.Equal("application/problem+json", nope.Content.Headers.ContentType!.MediaType);
        Assert.Contains("there are cpu, gpu", await nope.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
