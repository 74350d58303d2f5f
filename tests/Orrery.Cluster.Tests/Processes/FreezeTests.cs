using System.Globalization;
using Orrery.Cluster.Tests.Support;
using Orrery.Grains.Membership;
using Xunit.Abstractions;

namespace Orrery.Cluster.Tests.Processes;

/// <summary>A silo that is frozen for so long that the others go on without it: what there must be one of is never there twice.</summary>
[Collection(ProcessFixture.Collection)]
public sealed class FreezeTests(ProcessFixture fixture, ITestOutputHelper output)
{
    private const string Here = "The registry lives on";

    [PostgresFact]
    public async Task What_decides_moves_only_when_the_frozen_silo_may_not_decide_any_more_and_that_one_ends_when_it_wakes()
    {
        await using var cluster = await ProcessCluster.CreateAsync(fixture.Postgres, fixture.Models);
        await cluster.GrowAsync(silos: 2, fronts: 1);
        // What a process prints comes a moment later.
        await cluster.UntilAsync(_ => cluster.Silos.Exists(silo => silo.Output.Contains(Here, StringComparison.Ordinal)), "a registry");
        var frozen = cluster.Silos.Single(silo => silo.Output.Contains(Here, StringComparison.Ordinal));
        var other = cluster.Silos.Single(silo => silo != frozen);

        frozen.Freeze();
        await other.UntilAsync(() => Task.FromResult(other.Output.Contains(Here, StringComparison.Ordinal)), "the registry's");
        var moved = DateTime.UtcNow;
        // A vote is a silo's address and its time, parted by bars; the last one decided.
        var votes = Assert.Single(await PostgresServer.QueryAsync(cluster.Database, $"SELECT suspicions FROM orrery_silo WHERE status = {(int)SiloStatus.Dead}"));
        var declared = DateTime.ParseExact(votes.Split(',')[^1].Trim(), "yyyy-MM-dd HH:mm:ss.fff 'GMT'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
        output.WriteLine($"the registry lives elsewhere {(moved - declared).TotalSeconds:f2} s after its silo was declared dead");
        Assert.True(moved - declared > MembershipLease.Duration, $"after {moved - declared}");

        frozen.Thaw();
        Assert.NotEqual(0, await frozen.EndAsync());
        output.WriteLine(frozen.Output[^Math.Min(frozen.Output.Length, 2000)..]);
        cluster.Silos.Remove(frozen);
        frozen.Dispose();
        await cluster.UntilAsync(status => status.Ready("model") is [var silo] && silo == other.Endpoint, "the replica on the one that is left");
    }
}
