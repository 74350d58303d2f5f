using Microsoft.Data.Sqlite;
using Orrery.Hosting.Settings;
using Orrery.Silo.Tables;

namespace Orrery.Cluster.Tests.Tables;

public sealed class SqliteTablesTests : IDisposable
{
    private const string Fingerprint = "SELECT group_concat(QueryKey || QueryText, '') FROM (SELECT * FROM OrleansQuery ORDER BY QueryKey)";

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-tables-").FullName;

    private ClusterOptions Options => new() { Directory = Path.Combine(_folder, "made") };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Creates_the_tables_once_and_finds_them_again()
    {
        Assert.Equal(TableStatus.Created, (await CreateAsync()).Status);
        var statements = Ask(Fingerprint);
        Assert.Equal(TableStatus.Current, (await CreateAsync()).Status);
        Assert.Equal(statements, Ask(Fingerprint));
        Assert.Equal(13L, Ask("SELECT count(*) FROM OrleansQuery"));
        Assert.Equal("wal", Ask("PRAGMA journal_mode"));
    }

    [Fact]
    public async Task Eight_at_once_create_them_once()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(CreateAsync)));
        Assert.All(all, creation => Assert.True(creation.IsReady, creation.Message));
        Assert.Single(all, creation => creation.Status == TableStatus.Created);
    }

    [Fact]
    public async Task Mends_a_changed_statement()
    {
        await CreateAsync();
        var statements = Ask(Fingerprint);
        Ask("UPDATE OrleansQuery SET QueryText = 'SELECT 1' WHERE QueryKey = 'GatewaysQueryKey'; DELETE FROM OrleansQuery WHERE QueryKey = 'MembershipReadAllKey'");
        Assert.Equal(TableStatus.Created, (await CreateAsync()).Status);
        Assert.Equal(statements, Ask(Fingerprint));
    }

    [Fact]
    public async Task Refuses_tables_of_a_newer_version_by_name()
    {
        await CreateAsync();
        Ask("PRAGMA user_version = 1000; UPDATE orrery_schema SET program = 'Orrery 9.9.9'");
        var refused = await CreateAsync();
        Assert.Equal(TableStatus.Newer, refused.Status);
        Assert.Contains("1000, made by Orrery 9.9.9", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1000L, Ask("PRAGMA user_version"));
    }

    [Fact]
    public async Task Leaves_the_file_of_another_program_alone()
    {
        Directory.CreateDirectory(Options.Directory);
        Ask("CREATE TABLE theirs (it)");
        var refused = await CreateAsync();
        Assert.Equal(TableStatus.Foreign, refused.Status);
        Assert.Contains(Options.File, refused.Message, StringComparison.Ordinal);
        Assert.Equal(1L, Ask("SELECT count(*) FROM sqlite_schema"));
    }

    [Fact]
    public async Task Says_that_another_process_holds_the_file()
    {
        await CreateAsync();
        using var holder = Open();
        using (holder.BeginTransaction())
        {
            var refused = await ClusterTables.CreateAsync(Options, TimeSpan.Zero, CancellationToken.None);
            Assert.Equal(TableStatus.Unreachable, refused.Status);
            Assert.Contains("another process holds it", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(TableStatus.Current, (await CreateAsync()).Status);
    }

    [Fact]
    public async Task Says_that_nothing_can_be_written_there()
    {
        // No folder is made there, by root neither.
        var refused = await ClusterTables.CreateAsync(new ClusterOptions { Directory = "/proc/orrery" }, TimeSpan.Zero, CancellationToken.None);
        Assert.Equal(TableStatus.Denied, refused.Status);
        Assert.Contains("/proc/orrery/cluster.db cannot be made", refused.Message, StringComparison.Ordinal);
    }

    private Task<TableCreation> CreateAsync() => ClusterTables.CreateAsync(Options, TimeSpan.Zero, CancellationToken.None);

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={Options.File};Pooling=False");
        connection.Open();
        return connection;
    }

    private object? Ask(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
