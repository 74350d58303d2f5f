using System.Net.Sockets;
using Npgsql;

namespace Orrery.Silo.Tables.Postgres;

/// <summary>Creates a cluster's tables in PostgreSQL, and upgrades those of an older version.</summary>
public static class TableCreator
{
    /// <summary>Who holds this lock of the database creates; the others wait, then find everything there. The bytes of "orrery".</summary>
    private const long CreationLock = 0x6f_72_72_65_72_79;

    /// <summary>
    /// Makes sure that the tables and the statements of this version are there. Any number of silos may do so at once and again.
    /// Where all is there nothing is written, so a role that may only read and write rows suffices then.
    /// All of it happens in one transaction: after a failure the database is as before.
    /// </summary>
    /// <param name="connectionString">An Npgsql connection string; its <c>Search Path</c> decides the schema.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <returns>What was done, or what is wrong. Expected failures are values.</returns>
    /// <exception cref="PostgresException">The server refused a statement for a reason that is no matter of setup.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static async Task<TableCreation> CreateAsync(string connectionString, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
            return new(TableStatus.Unreachable, "the connection string is empty");
        NpgsqlConnection connection;
        string server;
        try
        {
            connection = new NpgsqlConnection(connectionString);
            // The connection itself knows only a server that it has reached.
            var named = new NpgsqlConnectionStringBuilder(connectionString);
            server = $"{named.Host}:{named.Port}";
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The exception's message may quote a part of the string, and so of the password.
            return new(TableStatus.Unreachable, "the connection string is not one that Npgsql reads, or it names no host");
        }
        await using (connection)
        {
            try
            {
                await connection.OpenAsync(cancellation);
                return await CreateOverAsync(connection, cancellation);
            }
            catch (PostgresException e) when (Classify(e.SqlState) is { } status)
            {
                return new(status, $"{server}, database {connection.Database}: {e.MessageText} (SQLSTATE {e.SqlState})");
            }
            catch (Exception e) when ((e is NpgsqlException and not PostgresException) || e is SocketException or TimeoutException)
            {
                cancellation.ThrowIfCancellationRequested();
                return new(TableStatus.Unreachable, $"{server}: {e.Message}");
            }
        }
    }

    private static async Task<TableCreation> CreateOverAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var found = await StoredTables.ReadAsync(connection, cancellation);
        var created = false;
        if (found is { IsCurrent: false, Obstacle: null })
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await using (var wait = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection) { Parameters = { new() { Value = CreationLock } } })
                await wait.ExecuteNonQueryAsync(cancellation);
            found = await StoredTables.ReadAsync(connection, cancellation);
            if (found is { IsCurrent: false, Obstacle: null })
            {
                await UpgradeAsync(connection, found.Version, cancellation);
                await transaction.CommitAsync(cancellation);
                created = true;
            }
        }
        if ((found.Obstacle ?? await StoredTables.MissingPrivilegeAsync(connection, cancellation)) is { } obstacle)
            return obstacle;
        return created
            ? new(TableStatus.Created, $"tables of version {TableSchema.Version} created in database {connection.Database}, where version {found.Version} was")
            : new(TableStatus.Current, $"tables of version {TableSchema.Version} found in database {connection.Database}");
    }

    private static async Task UpgradeAsync(NpgsqlConnection connection, int from, CancellationToken cancellation)
    {
        foreach (var step in TableSchema.Steps.Skip(from))
        {
            await using var command = new NpgsqlCommand(step, connection);
            await command.ExecuteNonQueryAsync(cancellation);
        }
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(
                    """
                    INSERT INTO orrery_schema (version, program) VALUES ($1, $2)
                    ON CONFLICT (only_row) DO UPDATE SET version = excluded.version, program = excluded.program
                    """)
                { Parameters = { new() { Value = TableSchema.Version }, new() { Value = StoredTables.Program } } },
                new(
                    """
                    INSERT INTO orleansquery (querykey, querytext) SELECT * FROM unnest($1, $2)
                    ON CONFLICT (querykey) DO UPDATE SET querytext = excluded.querytext
                    """)
                { Parameters = { new() { Value = TableSchema.Statements.Keys.ToArray() }, new() { Value = TableSchema.Statements.Values.ToArray() } } },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Which failures are matters of setup; the others are defects. Codes: PostgreSQL 15 manual, appendix A.</summary>
    private static TableStatus? Classify(string sqlState) => sqlState switch
    {
        // A missing right; a standby, which only reads; a search path without a schema to create in.
        "42501" or "25006" or "3F000" => TableStatus.Denied,
        // No such database, too many connections.
        "3D000" or "53300" => TableStatus.Unreachable,
        // 28 invalid authorization.
        _ when sqlState.StartsWith("28", StringComparison.Ordinal) => TableStatus.Denied,
        // 08 connection exception, 57P operator intervention: starting, stopping.
        _ when sqlState.StartsWith("08", StringComparison.Ordinal) || sqlState.StartsWith("57P", StringComparison.Ordinal) => TableStatus.Unreachable,
        _ => null,
    };
}
