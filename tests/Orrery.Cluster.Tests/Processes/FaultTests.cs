using System.Diagnostics;
using Orrery.Api.Tests.Support;
using Orrery.Cluster.Tests.Support;
using Xunit.Abstractions;

namespace Orrery.Cluster.Tests.Processes;

/// <summary>
/// What is done to a silo with a replica while requests come in, and what they notice: nothing fails, and everything ends. How long it takes is printed;
/// bench/RESULTS.md has the figures that were measured with nothing beside it.
/// </summary>
[Collection(ProcessFixture.Collection)]
public sealed class FaultTests(ProcessFixture fixture, ITestOutputHelper output) : IDisposable
{
    private static readonly (string, string) _detectors = ("DETECTOR_DIR", Repository.Path("tests", "fixtures", "detectors"));

    private readonly Models _models = new Models().With("tiny-mean");

    public void Dispose() => _models.Dispose();

    [PostgresFact]
    public async Task With_two_replicas_no_request_fails_when_a_silo_freezes_or_is_killed_or_drained()
    {
        // Two are the default where two silos have room.
        await using var cluster = await StartAsync(fixture.Postgres, replicas: 2);
        await using var load = Score(cluster.Front);
        await load.MoreAsync(100);

        await DuringAsync("frozen for 6 s", load, async () =>
        {
            var frozen = cluster.Silos[1];
            frozen.Freeze();
            await Task.Delay(TimeSpan.FromSeconds(6));
            frozen.Thaw();
            // It was declared dead meanwhile, and ends as soon as it hears of it: another one takes its place.
            await load.MoreAsync(100);
            cluster.Kill(frozen);
            frozen.Dispose();
        });
        await RestoreAsync(cluster, replicas: 2);

        await DuringAsync("killed", load, async () =>
        {
            var killed = cluster.Silos[0];
            cluster.Kill(killed);
            await load.MoreAsync(200);
            killed.Dispose();
        });
        await RestoreAsync(cluster, replicas: 2);

        await DuringAsync("drained", load, async () =>
        {
            var leaving = cluster.Silos[0];
            leaving.Terminate();
            Assert.Equal(0, await leaving.EndAsync());
            cluster.Silos.Remove(leaving);
            leaving.Dispose();
            await load.MoreAsync(100);
        });

        await load.StopAsync();
        output.WriteLine(load.Summary());
        Assert.Empty(load.Failures);
    }

    [PostgresFact]
    public async Task With_one_replica_no_request_fails_when_its_silo_freezes_or_is_killed_or_drained()
    {
        await using var cluster = await StartAsync(fixture.Postgres, replicas: 1);
        await using var load = Score(cluster.Front);
        await load.MoreAsync(100);

        await DuringAsync("drained", load, async () =>
        {
            var leaving = Holder(cluster, await cluster.StatusAsync());
            leaving.Terminate();
            Assert.Equal(0, await leaving.EndAsync());
            cluster.Silos.Remove(leaving);
            leaving.Dispose();
            await load.MoreAsync(100);
        });
        await RestoreAsync(cluster, replicas: 1);

        await DuringAsync("killed", load, async () =>
        {
            var killed = Holder(cluster, await cluster.StatusAsync());
            cluster.Kill(killed);
            await load.MoreAsync(200);
            killed.Dispose();
        });
        await RestoreAsync(cluster, replicas: 1);

        await DuringAsync("frozen until another stands in for it", load, async () =>
        {
            var frozen = Holder(cluster, await cluster.StatusAsync());
            frozen.Freeze();
            await load.MoreAsync(200);
            frozen.Thaw();
            await load.MoreAsync(100);
        });

        await load.StopAsync();
        output.WriteLine(load.Summary());
        Assert.Empty(load.Failures);
    }

    [PostgresFact]
    public async Task A_silo_that_is_lost_while_the_database_is_away_is_routed_around()
    {
        var postgres = new PostgresServer();
        await postgres.InitializeAsync();
        await using var cluster = await StartAsync(postgres, replicas: 2);
        await using var load = Score(cluster.Front);
        await load.MoreAsync(100);

        await DuringAsync("database killed", load, async () =>
        {
            await postgres.DisposeAsync();
            await load.MoreAsync(100);
        });
        await DuringAsync("silo killed", load, async () =>
        {
            cluster.Kill(cluster.Silos[0]);
            await load.MoreAsync(300);
        });
        await DuringAsync("the last one told to leave", load, async () =>
        {
            await load.StopAsync();
            var leaving = cluster.Silos[0];
            leaving.Terminate();
            await leaving.EndAsync();
        });

        output.WriteLine(load.Summary());
        Assert.Empty(load.Failures);
    }

    private async Task<ProcessCluster> StartAsync(PostgresServer postgres, int replicas)
    {
        (string, string)[] settings = replicas == 1 ? [_detectors, ("ORRERY__Fleet__MinReplicas", "1")] : [_detectors];
        var cluster = await ProcessCluster.CreateAsync(postgres, _models, settings);
        await RestoreAsync(cluster, replicas);
        return cluster;
    }

    private static async Task RestoreAsync(ProcessCluster cluster, int replicas)
    {
        await cluster.GrowAsync(silos: 2, fronts: 1);
        await cluster.UntilAsync(status => status.Ready("tiny-mean").Distinct().Count() == replicas, $"{replicas} replicas");
    }

    private static ClusterProcess Holder(ProcessCluster cluster, ClusterStatus status) => cluster.Silos.First(silo => status.Ready("tiny-mean").Contains(silo.Endpoint));

    private static HttpLoad Score(ClusterProcess front) => HttpLoad.Start(front, (caller, i) => ("/v1/score", new { input = $"text {i} of caller {caller}" }));

    private async Task DuringAsync(string what, HttpLoad load, Func<Task> fault)
    {
        var began = Stopwatch.GetTimestamp();
        await fault();
        var during = load.Answers.Where(answer => answer.Ended >= began).OrderBy(answer => answer.Ended).ToList();
        var gap = during.Where(answer => answer.Status == 200).Select(answer => answer.Ended).Prepend(began).Zip(during.Where(answer => answer.Status == 200).Select(answer => answer.Ended))
            .Select(pair => Stopwatch.GetElapsedTime(pair.First, pair.Second)).DefaultIfEmpty().Max();
        output.WriteLine(
            $"{what}: {during.Count} answers in {Stopwatch.GetElapsedTime(began).TotalSeconds:f1} s, {during.Count(answer => answer.Status != 200)} failed, "
            + $"longest {during.Select(answer => answer.Took.TotalMilliseconds).DefaultIfEmpty().Max():f0} ms, longest without any {gap.TotalMilliseconds:f0} ms");
    }
}
