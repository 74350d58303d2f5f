using Npgsql;
using Orrery.Api.Tests.Support;
using Orrery.Cluster.Tests.Support;
using Orrery.Silo.Tables;
using Orrery.Silo.Tables.Postgres;

namespace Orrery.Cluster.Tests.Tables;

[Collection(PostgresServer.Collection)]
public sealed class TableCreatorTests(PostgresServer server)
{
    private const string Fingerprint = "SELECT string_agg(querykey || querytext, '' ORDER BY querykey) FROM orleansquery";

    [PostgresFact]
    public async Task Creates_the_tables_once_and_finds_them_again()
    {
        var database = await server.CreateDatabaseAsync();
        Assert.Equal(TableStatus.Created, (await CreateAsync(database)).Status);
        var statements = await PostgresServer.QueryAsync(database, Fingerprint);
        Assert.Equal(TableStatus.Current, (await CreateAsync(database)).Status);
        Assert.Equal(statements, await PostgresServer.QueryAsync(database, Fingerprint));
        Assert.Equal(["13"], await PostgresServer.QueryAsync(database, "SELECT count(*) FROM orleansquery"));
    }

    [PostgresFact]
    public async Task Four_at_once_create_them_once()
    {
        var database = await server.CreateDatabaseAsync();
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => CreateAsync(database))));
        Assert.All(all, creation => Assert.True(creation.IsReady, creation.Message));
        Assert.Single(all, creation => creation.Status == TableStatus.Created);
    }

    [PostgresFact]
    public async Task Mends_a_changed_statement()
    {
        var database = await server.CreateDatabaseAsync();
        await CreateAsync(database);
        var statements = await PostgresServer.QueryAsync(database, Fingerprint);
        await PostgresServer.ExecuteAsync(database, "UPDATE orleansquery SET querytext = 'SELECT 1' WHERE querykey = 'GatewaysQueryKey'; DELETE FROM orleansquery WHERE querykey = 'MembershipReadAllKey'");
        Assert.Equal(TableStatus.Created, (await CreateAsync(database)).Status);
        Assert.Equal(statements, await PostgresServer.QueryAsync(database, Fingerprint));
    }

    [PostgresFact]
    public async Task Refuses_tables_of_a_newer_version_by_name()
    {
        var database = await server.CreateDatabaseAsync();
        await CreateAsync(database);
        await PostgresServer.ExecuteAsync(database, "UPDATE orrery_schema SET version = 1000, program = 'Orrery 9.9.9'");
        var statements = await PostgresServer.QueryAsync(database, "SELECT max(xmin::text) FROM orleansquery");
        var refused = await CreateAsync(database);
        Assert.Equal(TableStatus.Newer, refused.Status);
        Assert.Contains("1000, made by Orrery 9.9.9", refused.Message, StringComparison.Ordinal);
        Assert.Equal(statements, await PostgresServer.QueryAsync(database, "SELECT max(xmin::text) FROM orleansquery"));
    }

    [PostgresFact]
    public async Task Leaves_the_tables_of_another_program_alone()
    {
        var database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "CREATE TABLE OrleansQuery (QueryKey varchar(64) PRIMARY KEY, QueryText text)");
        Assert.Equal(TableStatus.Foreign, (await CreateAsync(database)).Status);
        Assert.Equal(["orleansquery"], await PostgresServer.QueryAsync(database, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"));

        await PostgresServer.ExecuteAsync(database, "CREATE SCHEMA ours");
        Assert.Equal(TableStatus.Created, (await CreateAsync(database + ";Search Path=ours")).Status);
    }

    [PostgresFact]
    public async Task Says_which_right_is_missing()
    {
        var database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "CREATE ROLE reader LOGIN");
        var reader = PostgresServer.As(database, "reader");

        var mayNotCreate = await CreateAsync(reader);
        Assert.Equal(TableStatus.Denied, mayNotCreate.Status);
        Assert.Contains("schema public", mayNotCreate.Message, StringComparison.Ordinal);
        Assert.Equal(["0"], await PostgresServer.QueryAsync(database, "SELECT count(*) FROM pg_class WHERE relname LIKE 'orrery%'"));

        await CreateAsync(database);
        Assert.Contains("orrery_schema", (await CreateAsync(reader)).Message, StringComparison.Ordinal);

        await PostgresServer.ExecuteAsync(database, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
        var mayNotWrite = await CreateAsync(reader);
        Assert.Equal((TableStatus.Denied, "role reader may not INSERT on table orrery_cluster"), (mayNotWrite.Status, mayNotWrite.Message));

        await PostgresServer.ExecuteAsync(database, "GRANT INSERT, UPDATE, DELETE ON orrery_cluster, orrery_silo, orrery_grain_state TO reader");
        Assert.Equal(TableStatus.Current, (await CreateAsync(reader)).Status);
    }

    [PostgresFact]
    public async Task Says_that_the_server_knows_no_such_role_or_database()
    {
        var database = await server.CreateDatabaseAsync();
        Assert.Equal(TableStatus.Denied, (await CreateAsync(PostgresServer.As(database, "nobody_at_all"))).Status);
        Assert.Equal(TableStatus.Unreachable, (await CreateAsync(database + ";Database=nowhere")).Status);
    }

    [Theory]
    [InlineData("no connection string")]
    [InlineData("Port=much;Host=127.0.0.1;Password=hunter2")]
    [InlineData("Username=orrery;Password=hunter2")]
    [InlineData("")]
    public async Task Says_that_a_connection_string_is_none(string text)
    {
        var refused = await CreateAsync(text);
        Assert.Equal(TableStatus.Unreachable, refused.Status);
        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_that_no_server_answers()
    {
        var port = Ports.Free();
        var refused = await CreateAsync($"Host=127.0.0.1;Port={port};Username=orrery;Password=hunter2;Database=orrery");
        Assert.Equal(TableStatus.Unreachable, refused.Status);
        Assert.Contains($"127.0.0.1:{port}", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Stops_waiting_for_another_creator_when_it_is_cancelled()
    {
        var database = await server.CreateDatabaseAsync();
        await using var other = NpgsqlDataSource.Create(database);
        await using var holder = await other.OpenConnectionAsync();
        await using (var hold = new NpgsqlCommand($"SELECT pg_advisory_lock({0x6f_72_72_65_72_79})", holder))
            await hold.ExecuteNonQueryAsync();
        using var cancellation = new CancellationTokenSource();
        var creating = TableCreator.CreateAsync(database, cancellation.Token);
        while (!creating.IsCompleted && (await PostgresServer.QueryAsync(database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))[0] == "0")
            await Task.WhenAny(creating, Task.Delay(20));
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => creating);
    }

    private static Task<TableCreation> CreateAsync(string connectionString) => TableCreator.CreateAsync(connectionString, CancellationToken.None);
}
