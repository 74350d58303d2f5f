using SQLitePCL;

namespace Orrery.Engine.Vectors.Sqlite;

/// <summary>SQLite could not do what it was asked, or what it gave back is not what was written.</summary>
/// <param name="code">SQLite's primary result code.</param>
/// <param name="message">What is wrong, without the file's name.</param>
internal sealed class SqliteException(int code, string message) : Exception(message)
{
    /// <summary>SQLite's primary result code.</summary>
    public int Code { get; } = code & 0xff;

    /// <summary>Whether the file itself is damaged, so that trying again cannot help.</summary>
    public bool IsDamage => Code is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_FORMAT;

    /// <summary>Whether another connection has the file for itself.</summary>
    public bool IsHeld => Code is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    /// <summary>Content that contradicts its checksum.</summary>
    public static SqliteException Damage(string message) => new(raw.SQLITE_CORRUPT, message);
}
