using System.Data.Common;
using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;
using Npgsql;
using Orrery.Hosting.Settings;
using Orrery.Silo.Tables;
using Xunit.Sdk;

namespace Orrery.Cluster.Tests.Support;

/// <summary>A theory's row for a SQLite file.</summary>
/// <param name="more">Its other arguments.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class InSqliteAttribute(params object[] more) : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[TableDatabase.Sqlite, .. more]];
}

/// <summary>A theory's row for a PostgreSQL database, which says so where there is no server.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class InPostgresAttribute : DataAttribute
{
    private readonly object[] _more;

    /// <param name="more">Its other arguments.</param>
    public InPostgresAttribute(params object[] more) => (_more, Skip) = (more, PostgresBinaries.Reason);

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[TableDatabase.Postgres, .. _more]];
}

/// <summary>A new database with our tables, of either kind.</summary>
internal abstract class TableDatabase : IAsyncDisposable
{
    public const string Sqlite = "SQLite";
    public const string Postgres = "PostgreSQL";

    /// <summary>What a process is told of it.</summary>
    public abstract ClusterOptions Options { get; }

    public static async Task<TableDatabase> CreateAsync(string kind, PostgresServer server)
    {
        TableDatabase made = kind == Postgres ? new PostgresDatabase(await server.CreateDatabaseAsync()) : new SqliteDatabase();
        Assert.Equal(TableStatus.Created, (await ClusterTables.CreateAsync(made.Options, TimeSpan.Zero, CancellationToken.None)).Status);
        return made;
    }

    /// <summary>The database as one sees it that can be cut off. It may do what the tables' creator asks for, and no more.</summary>
    public abstract Task<ClusterOptions> LendAsync();

    /// <summary>Cuts that one off.</summary>
    public abstract Task CutOffAsync();

    /// <summary>The first column of every row, as text.</summary>
    public async Task<string[]> QueryAsync(string sql)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var rows = await command.ExecuteReaderAsync();
        var found = new List<string>();
        while (await rows.ReadAsync())
            found.Add(Convert.ToString(rows.GetValue(0), CultureInfo.InvariantCulture)!);
        return [.. found];
    }

    public abstract ValueTask DisposeAsync();

    /// <summary>Not yet open.</summary>
    protected abstract DbConnection Connect();

    private sealed class SqliteDatabase : TableDatabase
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("orrery-tables-").FullName;

        public override ClusterOptions Options => new() { Directory = Path.Combine(_folder, "own") };

        // By a link to the folder: every statement opens the file by its name.
        private string Link => Path.Combine(_folder, "lent");

        public override Task<ClusterOptions> LendAsync()
        {
            File.CreateSymbolicLink(Link, Options.Directory);
            return Task.FromResult(new ClusterOptions { Directory = Link });
        }

        public override Task CutOffAsync()
        {
            File.Delete(Link);
            return Task.CompletedTask;
        }

        protected override DbConnection Connect() => new SqliteConnection(Options.ConnectionString);

        public override ValueTask DisposeAsync()
        {
            Directory.Delete(_folder, recursive: true);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class PostgresDatabase(string connectionString) : TableDatabase
    {
        private const string Borrower = "borrower";

        private bool _lent;

        public override ClusterOptions Options => new() { Database = connectionString };

        public override async Task<ClusterOptions> LendAsync()
        {
            await PostgresServer.ExecuteAsync(connectionString,
                $"""
                DROP ROLE IF EXISTS {Borrower};
                CREATE ROLE {Borrower} LOGIN;
                GRANT SELECT ON orrery_schema, orleansquery TO {Borrower};
                GRANT SELECT, INSERT, UPDATE, DELETE ON orrery_cluster, orrery_silo, orrery_grain_state TO {Borrower};
                """);
            _lent = true;
            return new ClusterOptions { Database = PostgresServer.As(connectionString, Borrower) };
        }

        public override Task CutOffAsync() => PostgresServer.ExecuteAsync(connectionString,
            $"ALTER ROLE {Borrower} NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{Borrower}'");

        protected override DbConnection Connect() => new NpgsqlConnection(connectionString);

        public override async ValueTask DisposeAsync()
        {
            if (_lent)
                await PostgresServer.ExecuteAsync(connectionString, $"DROP OWNED BY {Borrower}");
        }
    }
}
