using System.Diagnostics;
using System.Net;
using Orrery.Cluster.Tests.Support;
using Xunit.Abstractions;

namespace Orrery.Cluster.Tests.Processes;

[Collection(ProcessFixture.Collection)]
public sealed class FrontTests(ProcessFixture fixture, ITestOutputHelper output)
{
    [PostgresFact]
    public async Task A_front_outlives_its_cluster()
    {
        await using var cluster = await ProcessCluster.CreateAsync(fixture.Postgres, fixture.Models);

        // Before its cluster.
        var front = cluster.AddFront();
        await front.UntilAsync(async () => await front.StatusAsync("/health/live") == HttpStatusCode.OK, "live");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await front.StatusAsync("/health/ready"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await front.StatusAsync("/v1/autoscale/cpu"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await front.StatusAsync("/v1/cluster"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), await AskAsync(front, TimeSpan.FromSeconds(2)));
        await cluster.GrowAsync(silos: 2, fronts: 1);

        // One of its gateways is lost, and the registry with it.
        Assert.Equal((HttpStatusCode.OK, true), await AskAsync(front, TimeSpan.FromSeconds(20)));
        cluster.Kill(await cluster.HolderAsync("RegistryGrain"));
        for (var i = 0; i < 20; i++)
        {
            var (answered, _) = await AskAsync(front, TimeSpan.FromSeconds(20));
            Assert.True(answered == HttpStatusCode.OK, $"{answered}\n{cluster.Logs()}");
            Assert.Equal(HttpStatusCode.OK, await front.StatusAsync("/health/ready"));
        }

        // All are.
        cluster.Kill(cluster.Silos[0]);
        var (status, inTime) = await AskAsync(front, TimeSpan.FromSeconds(2));
        Assert.Contains(status, (HttpStatusCode[])[HttpStatusCode.ServiceUnavailable, HttpStatusCode.GatewayTimeout]);
        Assert.True(inTime, "no answer by the deadline");
        await front.UntilAsync(async () => await front.StatusAsync("/health/ready") == HttpStatusCode.ServiceUnavailable, "unready");
        Assert.Equal(HttpStatusCode.OK, await front.StatusAsync("/health/live"));
        await RefusesAsync(front, "/v1/embeddings");
        await RefusesAsync(front, "/v1/score");
        await RefusesAsync(front, "/v1/search");
        await RefusesAsync(front, "/v1/cluster");
        await RefusesAsync(front, "/v1/autoscale/cpu");

        // Another cluster on the same database.
        var clock = Stopwatch.StartNew();
        await cluster.GrowAsync(silos: 2, fronts: 1);
        Assert.Equal((HttpStatusCode.OK, true), await AskAsync(front, TimeSpan.FromSeconds(20)));
        output.WriteLine($"answers {clock.Elapsed.TotalSeconds:f2} s after the new silos were started");
    }

    /// <summary>Refused by name, though the request would wait: with what is lost nobody waits for a deadline.</summary>
    private static async Task RefusesAsync(ClusterProcess front, string route)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, route);
        object? body = route switch
        {
            "/v1/embeddings" => new { model = "model", input = "a text" },
            "/v1/score" => new { input = "a text" },
            "/v1/search" => new { vector = new[] { 1f, 0f } },
            _ => null,
        };
        if (body is not null)
            (request.Method, request.Content) = (HttpMethod.Post, Json.Of(body));
        request.Headers.Add("X-Timeout-Ms", "50000");
        var clock = Stopwatch.StartNew();
        using var answer = await front.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("no silo has answered for 4 seconds", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.True(answer.Headers.RetryAfter is not null || request.Method == HttpMethod.Get, "no Retry-After");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), "it waited");
    }

    private static async Task<(HttpStatusCode Status, bool InTime)> AskAsync(ClusterProcess front, TimeSpan deadline)
    {
        var clock = Stopwatch.StartNew();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/embeddings") { Content = Json.Of(new { model = "model", input = "a text" }) };
        request.Headers.Add("X-Timeout-Ms", $"{deadline.TotalMilliseconds:f0}");
        using var answer = await front.Http.SendAsync(request);
        // The machine may stand still for a while; without a deadline it would be 30 s.
        return (answer.StatusCode, clock.Elapsed < deadline + TimeSpan.FromSeconds(10));
    }
}
