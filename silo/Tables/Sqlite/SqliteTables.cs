using System.Data;
using Microsoft.Data.Sqlite;
using Orrery.Silo.Tables.Postgres;
using SQLitePCL;

namespace Orrery.Silo.Tables.Sqlite;

/// <summary>Creates a cluster's tables in a SQLite file, and upgrades those of an older version.</summary>
internal static class SqliteTables
{
    /// <summary>Makes sure that the file, its tables and this version's statements are there. Any number of silos may do so at once and again.</summary>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="connectionString">How the providers open it.</param>
    /// <returns>What was done, or what is wrong. Expected failures are values.</returns>
    public static TableCreation Create(string path, string connectionString)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder(connectionString) { Mode = SqliteOpenMode.ReadWriteCreate }.ConnectionString);
            connection.Open();
            // Readers and a writer do not wait for each other. The file remembers.
            Run(connection, null, "PRAGMA journal_mode = WAL");
            return CreateOver(connection, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(TableStatus.Denied, $"the cluster's file {path} cannot be made: {e.Message}");
        }
        catch (SqliteException e)
        {
            return new(e.SqliteErrorCode == raw.SQLITE_BUSY ? TableStatus.Unreachable : TableStatus.Denied, $"the cluster's file {path}: {Reason(e)}");
        }
    }

    private static TableCreation CreateOver(SqliteConnection connection, string path)
    {
        // The lock to write from the beginning on: who comes second waits, and then finds everything there. It also proves that this process may write.
        using var transaction = connection.BeginTransaction(IsolationLevel.Serializable, deferred: false);
        var version = (int)(long)Ask(connection, transaction, "PRAGMA user_version")!;
        if (version > SqliteSchema.Version)
        {
            return new(TableStatus.Newer,
                $"the tables in {path} are of version {version}, made by {Ask(connection, transaction, "SELECT program FROM orrery_schema")}; {StoredTables.Program} knows versions up to {SqliteSchema.Version}");
        }
        if (version == 0 && (long)Ask(connection, transaction, "SELECT count(*) FROM sqlite_schema")! > 0)
            return new(TableStatus.Foreign, $"{path} is a database of another program; give Orrery a folder of its own");
        if (version == SqliteSchema.Version && Stored(connection, transaction).SequenceEqual(SqliteStatements.All.OrderBy(pair => pair.Key, StringComparer.Ordinal)))
        {
            // Written although nothing changes: that the disk is full is told now, and not when a silo joins.
            Run(connection, transaction, "UPDATE orrery_schema SET program = program");
            transaction.Commit();
            return new(TableStatus.Current, $"tables of version {SqliteSchema.Version} found in {path}");
        }

        foreach (var step in SqliteSchema.Steps.Skip(version))
            Run(connection, transaction, step);
        Run(connection, transaction, "INSERT INTO orrery_schema VALUES (1, @program) ON CONFLICT DO UPDATE SET program = excluded.program", ("@program", StoredTables.Program));
        foreach (var (key, text) in SqliteStatements.All)
        {
            Run(connection, transaction,
                "INSERT INTO OrleansQuery VALUES (@key, @text) ON CONFLICT DO UPDATE SET QueryText = excluded.QueryText", ("@key", key), ("@text", text));
        }

        Run(connection, transaction, $"PRAGMA user_version = {SqliteSchema.Version}");
        transaction.Commit();
        return new(TableStatus.Created, $"tables of version {SqliteSchema.Version} created in {path}, where version {version} was");
    }

    private static List<KeyValuePair<string, string>> Stored(SqliteConnection connection, SqliteTransaction transaction)
    {
        using var command = new SqliteCommand("SELECT QueryKey, QueryText FROM OrleansQuery ORDER BY QueryKey", connection, transaction);
        using var rows = command.ExecuteReader();
        var all = new List<KeyValuePair<string, string>>();
        while (rows.Read())
            all.Add(new(rows.GetString(0), rows.GetString(1)));
        return all;
    }

    private static object? Ask(SqliteConnection connection, SqliteTransaction transaction, string sql)
    {
        using var command = new SqliteCommand(sql, connection, transaction);
        return command.ExecuteScalar();
    }

    private static void Run(SqliteConnection connection, SqliteTransaction? transaction, string sql, params (string Name, string Value)[] parameters)
    {
        using var command = new SqliteCommand(sql, connection, transaction);
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        command.ExecuteNonQuery();
    }

    private static string Reason(SqliteException e) => e.SqliteErrorCode switch
    {
        raw.SQLITE_READONLY => "it, or its folder, may not be written to",
        raw.SQLITE_CANTOPEN => "it cannot be opened or made; its folder must be writable",
        raw.SQLITE_FULL => "the disk is full",
        raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT => $"it is no database, or damaged ({e.Message})",
        raw.SQLITE_BUSY => "another process holds it",
        _ => e.Message,
    };
}
