using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Orrery.Api.Tests.Support;
using Orrery.Hosting.Startup;

namespace Orrery.Cluster.Tests.Support;

/// <summary>A PostgreSQL server of our own on a free port of the loopback, with its data and its Unix socket in a temporary folder.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    public const string Collection = "postgres";

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"orrery-pg-{Guid.NewGuid().ToString("n")[..8]}");
    private readonly int _port = Ports.Free();
    private Process? _server;
    private int _databases;

    public async Task InitializeAsync()
    {
        if (PostgresBinaries.Folder is null)
            return;
        Directory.CreateDirectory(_folder);
        if (Environment.UserName == "root")
            await RunAsync("/usr/bin/chown", "postgres", _folder);
        var data = Path.Combine(_folder, "data");
        var initialize = Command("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C");
        await RunAsync(initialize[0], [.. initialize.Skip(1)]);
        // A crash of this server loses nothing that anybody wants, so it need not wait for the disk.
        _server = Start("postgres", "-D", data, "-p", _port.ToString(CultureInfo.InvariantCulture), "-k", _folder,
            "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200");
        try
        {
            await WaitAsync(_server);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_server is not null)
        {
            var stop = Command("pg_ctl", "stop", "-D", Path.Combine(_folder, "data"), "-m", "immediate", "-s");
            await RunAsync(stop[0], [.. stop.Skip(1)]);
            await _server.WaitForExitAsync();
            _server.Dispose();
        }
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A new empty database, as its owner sees it.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(For("postgres", "postgres"), $"CREATE DATABASE {name}");
        return For(name, "postgres");
    }

    /// <summary>The same database as another role sees it.</summary>
    public static string As(string connectionString, string role) => new NpgsqlConnectionStringBuilder(connectionString) { Username = role }.ConnectionString;

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of every row, as text.</summary>
    public static async Task<string[]> QueryAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await using var rows = await command.ExecuteReaderAsync();
        var found = new List<string>();
        while (await rows.ReadAsync())
            found.Add(Convert.ToString(rows.GetValue(0), CultureInfo.InvariantCulture)!);
        return [.. found];
    }

    private string For(string database, string role) => $"Host=127.0.0.1;Port={_port};Database={database};Username={role};Maximum Pool Size=20";

    /// <summary>PostgreSQL refuses to run as root.</summary>
    private static string[] AsPostgres() => Environment.UserName == "root" ? ["/usr/sbin/runuser", "-u", "postgres", "--"] : [];

    private static string[] Command(string program, params string[] arguments) => [.. AsPostgres(), Path.Combine(PostgresBinaries.Folder!, program), .. arguments];

    private async Task WaitAsync(Process server)
    {
        for (var deadline = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            try
            {
                await ExecuteAsync(For("postgres", "postgres") + ";Timeout=2", "SELECT 1");
                return;
            }
            catch (NpgsqlException) when (!server.HasExited && deadline.Elapsed < TimeSpan.FromMinutes(2))
            {
                // It is still starting.
            }
        }
    }

    private static Process Start(string program, params string[] arguments)
    {
        // The guard stands behind the change of user: a process may kill those of its own user.
        var start = GuardedProcess.Start(Path.Combine(PostgresBinaries.Folder!, program), arguments, AsPostgres());
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, "/");
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output}{error}");
    }
}

[CollectionDefinition(PostgresServer.Collection)]
public sealed class PostgresCollection : ICollectionFixture<PostgresServer>;
