using System.Diagnostics;
using Orrery.Cluster.Tests.Support;
using Xunit.Abstractions;

namespace Orrery.Cluster.Tests.Processes;

[Collection(PostgresServer.Collection)]
public sealed class KillTests(PostgresServer postgres, ITestOutputHelper output)
{
    private static readonly TimeSpan _fullCapacityWithin = TimeSpan.FromSeconds(10);

    [PostgresFact]
    public async Task Answers_every_request_when_a_silo_is_killed_whatever_it_holds()
    {
        using var models = new Models().With("model");
        await using var cluster = await ProcessCluster.StartAsync(postgres, models, silos: 3, fronts: 1, ("ORRERY__Fleet__MinReplicas", "2"));
        await cluster.UntilAsync(Apart, "two replicas apart");
        await using var load = HttpLoad.Start(cluster.Front, "model");
        await load.MoreAsync(200);

        // One that holds a replica, whatever else it holds, then what is left of Orrery's own grains.
        foreach (var held in (string[])["ModelGrain", "RegistryGrain", "SupervisorGrain"])
        {
            var status = await cluster.UntilAsync(status => status.Silos.Length == 3 && Apart(status), "three silos, two replicas apart");
            var victim = held == "ModelGrain" ? cluster.Silos.First(silo => status.Ready("model").Contains(silo.Endpoint)) : await cluster.HolderAsync(held);
            await KillAsync(cluster, load, victim, held);
            cluster.AddSilo(("ORRERY__Fleet__MinReplicas", "2"));
        }

        await load.StopAsync();
        output.WriteLine(load.Summary());
        Assert.True(load.Failures.Count() <= load.Answers.Count / 1000, load.Summary());
        Assert.True(load.Longest < HttpLoad.Deadline, load.Summary());
        Assert.DoesNotContain(load.Answers, answer => answer.Status == 0);
    }

    private static bool Apart(ClusterStatus status) => status.Replicas.Count(replica => replica.Model == "model") == 2 && status.Ready("model").Distinct().Count() == 2;

    private async Task KillAsync(ProcessCluster cluster, HttpLoad load, ClusterProcess victim, string held)
    {
        victim.Kill();
        var killed = Stopwatch.GetTimestamp();
        cluster.Silos.Remove(victim);
        await cluster.UntilAsync(
            status => status.Silos.All(silo => silo.Silo != victim.Endpoint) && status.Ready("model") is { Length: 2 } ready && !ready.Contains(victim.Endpoint), "two replicas on the rest");
        var full = Stopwatch.GetElapsedTime(killed);
        await load.MoreAsync(200);
        var after = load.Answers.Where(answer => answer.Began >= killed && answer.Status == 200).Min(answer => answer.Ended);
        output.WriteLine(
            $"silo with {held} killed: first success asked for afterwards {Stopwatch.GetElapsedTime(killed, after).TotalMilliseconds:f0} ms, full capacity {full.TotalSeconds:f2} s, "
            + $"longest answer {load.Answers.Where(answer => answer.Ended >= killed).Max(answer => answer.Took).TotalMilliseconds:f0} ms");
        Assert.True(full < _fullCapacityWithin, $"full capacity after {full}\n{cluster.Logs()}");
        victim.Dispose();
    }
}
