using System.Diagnostics;
using Orrery.Cluster.Tests.Support;
using Xunit.Abstractions;

namespace Orrery.Cluster.Tests.Processes;

[Collection(ProcessFixture.Collection)]
public sealed class KillTests(ProcessFixture fixture, ITestOutputHelper output)
{
    // Some 6 s; bench/RESULTS.md has what it takes with nothing beside it.
    private static readonly TimeSpan _fullCapacityWithin = TimeSpan.FromSeconds(30);

    [PostgresFact]
    public async Task Answers_every_request_when_a_silo_is_killed_whatever_it_holds()
    {
        var cluster = await fixture.SharedAsync();
        await using var load = HttpLoad.Start(cluster.Front, "model");
        await load.MoreAsync(200);

        foreach (var held in (string[])["ModelGrain", "RegistryGrain", "SupervisorGrain"])
        {
            await fixture.SharedAsync();
            var status = await cluster.StatusAsync();
            await KillAsync(cluster, load, held == "ModelGrain" ? cluster.Silos.First(silo => status.Ready("model").Contains(silo.Endpoint)) : await cluster.HolderAsync(held), held);
        }

        await load.StopAsync();
        output.WriteLine(load.Summary());
        Assert.True(load.Failures.Count() <= load.Answers.Count / 1000, load.Summary());
        Assert.True(load.Longest < HttpLoad.Deadline, load.Summary());
        Assert.DoesNotContain(load.Answers, answer => answer.Status == 0);
    }

    private async Task KillAsync(ProcessCluster cluster, HttpLoad load, ClusterProcess victim, string held)
    {
        cluster.Kill(victim);
        var killed = Stopwatch.GetTimestamp();
        await cluster.UntilAsync(
            status => status.Silos.All(silo => silo.Silo != victim.Endpoint) && status.Ready("model") is { Length: 2 } ready && !ready.Contains(victim.Endpoint), "two replicas on the rest");
        var full = Stopwatch.GetElapsedTime(killed);
        await load.MoreAsync(200);
        var after = load.Answers.Where(answer => answer.Began >= killed && answer.Status == 200).Min(answer => answer.Ended);
        output.WriteLine(
            $"silo with {held} killed: first success of those asked afterwards {Stopwatch.GetElapsedTime(killed, after).TotalMilliseconds:f0} ms, full capacity {full.TotalSeconds:f2} s, "
            + $"longest answer {load.Answers.Where(answer => answer.Ended >= killed).Max(answer => answer.Took).TotalMilliseconds:f0} ms");
        Assert.True(full < _fullCapacityWithin, $"full capacity after {full}\n{cluster.Logs()}");
        victim.Dispose();
    }
}
