using System.Diagnostics;
using Orrery.Containers.Tests.Support;
using Xunit.Abstractions;

namespace Orrery.Containers.Tests.Hurt;

/// <summary>
/// A silo or the database is killed, frozen, cut off or stopped under load. What is asserted is no time: no request fails, nothing that was
/// acknowledged is lost, everything ends. Times are measured, and reported.
/// </summary>
public abstract class HurtTests(HurtFixture fixture, ITestOutputHelper output) : IAsyncLifetime
{
    /// <summary>Long enough that members miss probes and declare a silo dead.</summary>
    protected static TimeSpan Away { get; } = TimeSpan.FromSeconds(Run.Full ? 40 : 10);

    private static readonly TimeSpan _before = TimeSpan.FromSeconds(Run.Full ? 5 : 3);
    private static readonly TimeSpan _after = TimeSpan.FromSeconds(Run.Full ? 15 : 5);

    internal ComposeCluster Cluster => fixture.Cluster;

    public async Task InitializeAsync()
    {
        await Cluster.WholeAsync(HurtFixture.Model, fixture.Replicas);
        await using var load = Load.OfScores(Cluster.Address);
        await SteadyAsync(load);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public Task No_request_fails_when_a_silo_is_killed_or_when_it_is_back() =>
        ScoringAsync("silo killed", Cluster.KillAsync, Away, Cluster.StartAgainAsync);

    [Fact]
    public Task No_request_fails_while_a_silo_is_frozen_or_when_it_wakes() =>
        ScoringAsync("silo frozen", Cluster.FreezeAsync, Away, Cluster.ThawAsync);

    [Fact]
    public Task No_request_fails_while_a_silo_is_cut_off_or_when_it_is_back() =>
        ScoringAsync("silo cut off", Cluster.CutOffAsync, Away, Cluster.ConnectAsync);

    [Fact]
    public async Task No_request_fails_when_a_silo_is_stopped_and_it_ends_by_itself()
    {
        int? code = null;
        var took = TimeSpan.Zero;
        await ScoringAsync("silo stopped", StopAsync, _after, Cluster.StartAgainAsync);
        output.WriteLine($"it ended after {took.TotalSeconds:f1} s");
        Assert.Equal(0, code);

        async Task StopAsync(string silo)
        {
            var began = Stopwatch.GetTimestamp();
            code = await Cluster.StopAsync(silo);
            took = Stopwatch.GetElapsedTime(began);
        }
    }

    /// <summary>The silo that has a replica is hurt, is away for a while, and comes back.</summary>
    protected async Task ScoringAsync(string what, Func<string, Task> hurt, TimeSpan away, Func<string, Task> heal)
    {
        var silo = await Cluster.HolderAsync(HurtFixture.Model);
        await using var load = Load.OfScores(Cluster.Address);
        var phases = await HurtAsync(load, what, silo, hurt, away, heal);
        foreach (var phase in phases)
            Assert.True(phase.Failures.Count == 0, $"{string.Join(" | ", phase.Row())}\n{phase.Reasons()}");
    }

    /// <summary>What is hurt holds vectors; those whose shards it has are refused by name, and no other request fails.</summary>
    protected async Task UpsertingAsync(string what, string silo, Func<string, Task> hurt, Func<string, Task> heal)
    {
        var kept = new Kept();
        await using var load = Load.OfUpserts(Cluster.Address, kept);
        var phases = await HurtAsync(load, what, silo, hurt, Away, heal);
        output.WriteLine($"{kept.Count} acknowledged");
        foreach (var phase in phases)
        {
            Assert.All(phase.Failures, answer =>
            {
                Assert.True(answer.Status == 503, phase.Reasons());
                Assert.Contains(kept.Namespace, answer.Reason, StringComparison.Ordinal);
            });
        }

        await Cluster.WholeAsync(HurtFixture.Model, fixture.Replicas);
        Assert.Equal([], await kept.LostAsync(Cluster.Http));
        Assert.NotEqual(0, kept.Count);
    }

    /// <summary>Waits until clients had answers in each of three seconds.</summary>
    private Task SteadyAsync(Load load) => Run.UntilAsync(
        () =>
        {
            var now = Stopwatch.GetTimestamp();
            var seconds = load.Answers.Where(answer => answer.Status == 200).Select(answer => (int)Stopwatch.GetElapsedTime(answer.Ended, now).TotalSeconds).ToHashSet();
            return Task.FromResult(seconds.IsSupersetOf([0, 1, 2]));
        },
        "answers in each of three seconds",
        TimeSpan.FromMinutes(2),
        Cluster.LogsAsync);

    private async Task<Phase[]> HurtAsync(Load load, string what, string silo, Func<string, Task> hurt, TimeSpan away, Func<string, Task> heal)
    {
        await Task.Delay(_before);
        var began = Stopwatch.GetTimestamp();
        await Task.Delay(_before);
        var hurting = Stopwatch.GetTimestamp();
        await hurt(silo);
        await Task.Delay(away);
        var healing = Stopwatch.GetTimestamp();
        await heal(silo);
        // The front may not have heard yet that anything was wrong: what counts is that it answers.
        await SteadyAsync(load);
        await Cluster.WholeAsync(HurtFixture.Model, fixture.Replicas);
        await Task.Delay(_after);
        var ended = Stopwatch.GetTimestamp();
        await load.StopAsync();

        var before = load.Answers.Count(answer => answer.Status == 200 && answer.Ended >= began && answer.Ended < hurting) / Stopwatch.GetElapsedTime(began, hurting).TotalSeconds;
        Assert.True(before > 0, "nothing was answered before anything was done");
        Phase[] phases = [new(what, load.Answers, before, hurting, healing), new("… and back", load.Answers, before, healing, ended)];
        fixture.Add(phases);
        foreach (var phase in phases)
            output.WriteLine($"{string.Join(" | ", phase.Row())} (before {before:f0}/s) {phase.Reasons()}");
        return phases;
    }
}

[Collection(DefaultFixture.Collection)]
public sealed class DefaultHurtTests(DefaultFixture fixture, ITestOutputHelper output) : HurtTests(fixture, output)
{
    private static TimeSpan DatabaseAway { get; } = TimeSpan.FromSeconds(Run.Full ? 55 : 10);

    /// <summary>Either silo: each has shards, one of them the directory that knows which.</summary>
    public static TheoryData<string> Hurt => Run.Full ? ["silo-1", "silo-2"] : ["silo-1"];

    [Fact]
    public Task No_request_fails_while_the_database_is_away() =>
        ScoringAsync("PostgreSQL killed", _ => Cluster.KillAsync(ComposeCluster.Postgres), DatabaseAway, _ => Cluster.StartAgainAsync(ComposeCluster.Postgres));

    [Fact]
    public Task No_request_fails_when_a_silo_is_killed_while_the_database_is_away() => ScoringAsync(
        "PostgreSQL killed, then the silo",
        async silo =>
        {
            await Cluster.KillAsync(ComposeCluster.Postgres);
            await Cluster.KillAsync(silo);
        },
        Away,
        async silo =>
        {
            await Cluster.StartAgainAsync(ComposeCluster.Postgres);
            await Cluster.StartAgainAsync(silo);
        });

    [Theory]
    [MemberData(nameof(Hurt))]
    public Task No_acknowledged_vector_is_lost_when_a_silo_is_killed(string silo) =>
        UpsertingAsync($"{silo} killed while vectors are kept", silo, Cluster.KillAsync, Cluster.StartAgainAsync);

    [Theory]
    [MemberData(nameof(Hurt))]
    public Task No_acknowledged_vector_is_lost_when_a_silo_is_frozen(string silo) =>
        UpsertingAsync($"{silo} frozen while vectors are kept", silo, Cluster.FreezeAsync, Cluster.ThawAsync);

    [Theory]
    [MemberData(nameof(Hurt))]
    public Task No_acknowledged_vector_is_lost_when_a_silo_is_cut_off(string silo) =>
        UpsertingAsync($"{silo} cut off while vectors are kept", silo, Cluster.CutOffAsync, Cluster.ConnectAsync);
}

[Collection(OneReplicaFixture.Collection)]
public sealed class OneReplicaHurtTests(OneReplicaFixture fixture, ITestOutputHelper output) : HurtTests(fixture, output);
