using SQLitePCL;

namespace Orrery.Engine.Vectors.Sqlite;

/// <summary>A connection to one file, for one thread at a time.</summary>
internal sealed class SqliteConnection : IDisposable
{
    private readonly sqlite3 _handle;

    private SqliteConnection(sqlite3 handle) => _handle = handle;

    static SqliteConnection() => Batteries_V2.Init();

    /// <summary>Whether no transaction is open.</summary>
    public bool IsIdle => raw.sqlite3_get_autocommit(_handle) != 0;

    /// <summary>Opens a file to read and write.</summary>
    /// <param name="path">The file.</param>
    /// <param name="create">Whether to make it when it is not there.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static SqliteConnection Open(string path, bool create) => Open(path, raw.SQLITE_OPEN_READWRITE | (create ? raw.SQLITE_OPEN_CREATE : 0));

    /// <summary>Opens a file to read.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static SqliteConnection OpenToRead(string path) => Open(path, raw.SQLITE_OPEN_READONLY);

    /// <summary>Runs statements that give no rows, or whose rows do not matter.</summary>
    public void Execute(string sql)
    {
        if (raw.sqlite3_exec(_handle, sql) is var code && code != raw.SQLITE_OK)
            throw Error(code);
    }

    /// <summary>Prepares a statement; the caller disposes it before the connection.</summary>
    public SqliteStatement Prepare(string sql) =>
        raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement) is var code && code == raw.SQLITE_OK
            ? new SqliteStatement(this, statement)
            : throw Error(code);

    /// <summary>Closes without moving the journal's content into the file: for files that must not be written to.</summary>
    public void CloseUntouched()
    {
        _ = raw.sqlite3_db_config(_handle, NoCheckpointOnClose, 1, out _);
        Dispose();
    }

    public SqliteException Error(int code) => new(code, raw.sqlite3_errmsg(_handle).utf8_to_string());

    public void Dispose() => _handle.Dispose();

    // SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE of sqlite3.h.
    private const int NoCheckpointOnClose = 1006;

    private static SqliteConnection Open(string path, int flags)
    {
        var code = raw.sqlite3_open_v2(path, out var handle, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        var connection = new SqliteConnection(handle);
        if (code == raw.SQLITE_OK)
        {
            // Readers meet the writer only while it opens or closes the file.
            _ = raw.sqlite3_busy_timeout(handle, 5000);
            return connection;
        }

        var error = connection.Error(code);
        connection.Dispose();
        throw error;
    }
}
