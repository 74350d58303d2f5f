using System.Diagnostics;
using System.Net;
using Orrery.Cluster.Tests.Support;
using Xunit.Abstractions;

namespace Orrery.Cluster.Tests.Processes;

[Collection(ProcessFixture.Collection)]
public sealed class LeavingTests(ProcessFixture fixture, ITestOutputHelper output)
{
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(30);

    [PostgresFact]
    public async Task Fails_no_request_while_silos_are_restarted_one_after_another()
    {
        var cluster = await fixture.SharedAsync();
        await using var load = HttpLoad.Start(cluster.Front, "model");
        foreach (var leaving in cluster.Silos.ToList())
        {
            await load.MoreAsync(100);
            await LeaveAsync(cluster, leaving);
            await cluster.GrowAsync(silos: 3, fronts: 1);
        }

        await load.MoreAsync(100);
        await load.StopAsync();
        output.WriteLine(load.Summary());
        Assert.Empty(load.Failures);
    }

    [PostgresFact]
    public async Task A_scaler_drains_one_silo_at_a_time_and_loses_nothing()
    {
        var cluster = await fixture.SharedAsync();
        await using var load = HttpLoad.Start(cluster.Front, "model");
        await load.MoreAsync(100);

        Assert.Equal(HttpStatusCode.Unauthorized, (await DrainAsync(cluster, "cpu", token: null)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await DrainAsync(cluster, "nope", ProcessFixture.Token)).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await DrainAsync(cluster, "gpu", ProcessFixture.Token)).Status);
        var first = await DrainAsync(cluster, "cpu", ProcessFixture.Token);
        var second = await DrainAsync(cluster, "cpu", ProcessFixture.Token);

        Assert.Equal(HttpStatusCode.Accepted, first.Status);
        Assert.Equal(HttpStatusCode.Conflict, second.Status);
        Assert.Contains("another one is leaving", second.Body, StringComparison.Ordinal);
        using var leaving = cluster.Silos.Single(silo => first.Body.Contains($"\"{silo.Endpoint}\"", StringComparison.Ordinal));
        Assert.Equal(0, await leaving.EndAsync());
        cluster.Silos.Remove(leaving);
        await cluster.UntilAsync(status => status.Silos.Length == 2 && status.Ready("model").Length == 2 && status.Pools.Any(pool => pool is { Pool: "cpu", Current: 2 }), "two silos, two replicas");
        await load.MoreAsync(100);
        await load.StopAsync();
        output.WriteLine(load.Summary());
        Assert.Empty(load.Failures);
    }

    [PostgresFact]
    public async Task A_front_that_is_told_to_end_answers_what_it_has_taken()
    {
        var cluster = await fixture.SharedAsync();
        var front = cluster.AddFront();
        cluster.Fronts.Remove(front);
        using (front)
        {
            await front.ReadyAsync();
            // Large enough to be under way when the signal comes.
            var texts = Enumerable.Range(0, 500).Select(i => $"text {i} of a large request").ToArray();
            using var http = new HttpClient { BaseAddress = front.Http.BaseAddress };
            var asked = Enumerable.Range(0, 4).Select(_ => http.PostAsync("/v1/embeddings", Json.Of(new { model = "model", input = texts }))).ToList();
            await front.UntilAsync(async () => (await Metrics.OfAsync(front)).Sum("orrery_api_requests_in_flight") >= asked.Count, "under way");
            front.Terminate();

            foreach (var answer in await Task.WhenAll(asked))
            {
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                using var body = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
                Assert.Equal(texts.Length, body.RootElement.GetProperty("data").GetArrayLength());
                answer.Dispose();
            }

            Assert.Equal(0, await front.EndAsync());
        }
    }

    private async Task LeaveAsync(ProcessCluster cluster, ClusterProcess leaving)
    {
        var holds = (await cluster.StatusAsync()).Ready("model").Contains(leaving.Endpoint);
        var clock = Stopwatch.StartNew();
        leaving.Terminate();
        var said = false;
        await leaving.UntilEndedOrAsync(async () => said = await leaving.StatusAsync("/health/ready") == HttpStatusCode.ServiceUnavailable, "unready");
        var unready = clock.Elapsed;
        Assert.True(said || !holds, "it ended without having been unready");
        Assert.Equal(0, await leaving.EndAsync());
        output.WriteLine($"unready after {unready.TotalMilliseconds:f0} ms, ended after {clock.Elapsed.TotalSeconds:f2} s, {(holds ? "with" : "without")} a replica");
        Assert.True(clock.Elapsed < _grace, $"it took {clock.Elapsed}: {leaving.Output}");
        cluster.Silos.Remove(leaving);
        leaving.Dispose();
    }

    private static async Task<(HttpStatusCode Status, string Body)> DrainAsync(ProcessCluster cluster, string pool, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/autoscale/{pool}/drain");
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        using var answer = await cluster.Front.Http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
