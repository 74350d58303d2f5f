using Orrery.Cluster.Tests.Support;

namespace Orrery.Cluster.Tests.Processes;

[Collection(ProcessFixture.Collection)]
public sealed class CreateTablesTests(ProcessFixture fixture)
{
    [PostgresFact]
    public async Task Two_processes_create_tables_at_once_and_a_third_finds_them()
    {
        var database = await fixture.Postgres.CreateDatabaseAsync();
        using var one = Create(database);
        using var other = Create(database);
        Assert.Equal((0, 0), (await one.EndAsync(), await other.EndAsync()));
        Assert.Single(new[] { one, other }, process => process.Output.Contains("created in database", StringComparison.Ordinal));

        using var third = Create(database);
        Assert.Equal(0, await third.EndAsync());
        Assert.Contains("found in database", third.Output, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Says_what_it_may_not_or_whom_it_does_not_reach()
    {
        var database = await fixture.Postgres.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "CREATE ROLE stranger LOGIN");
        using var stranger = Create(PostgresServer.As(database, "stranger"));
        using var nowhere = Create("Host=127.0.0.1;Port=1;Database=orrery;Username=postgres;Password=do-not-print-this");
        using var unnamed = ClusterProcess.Command(ClusterProcess.SiloProgram, ["--create-tables"]);

        Assert.Equal((2, 2, 2), (await stranger.EndAsync(), await nowhere.EndAsync(), await unnamed.EndAsync()));
        Assert.Contains("permission denied for schema public", stranger.Output, StringComparison.Ordinal);
        Assert.Contains("orrery-silo: 127.0.0.1:1: ", nowhere.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("do-not-print-this", nowhere.Output, StringComparison.Ordinal);
        Assert.Contains("CLUSTER_DATABASE", unnamed.Output, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task A_silo_waits_for_a_database_that_is_not_there_yet_and_then_gives_up()
    {
        using var silo = ClusterProcess.Silo(
            ("CLUSTER_DATABASE", "Host=127.0.0.1;Port=1;Database=orrery;Username=postgres"), ("ORRERY__Server__ShutdownTimeout", "00:00:01"));
        Assert.Equal(2, await silo.EndAsync());
        Assert.Contains("orrery-silo: 127.0.0.1:1: ", silo.Output, StringComparison.Ordinal);
    }

    private static ClusterProcess Create(string database) =>
        ClusterProcess.Command(ClusterProcess.SiloProgram, ["--create-tables"], ("CLUSTER_DATABASE", database), ("ORRERY__Server__ShutdownTimeout", "00:00:01"));
}
