using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>An index's file: its layout, how it is made and how it is opened.</summary>
internal static class IndexFile
{
    /// <summary>The version that is written, and the only one that is read.</summary>
    public const int Version = 1;

    public const string Extension = ".db";

    // "Orry": says whose the file is.
    private const int Application = 0x4F727279;
    private const int PageBytes = 16384;
    private const int JournalBytes = 64 * 1024 * 1024;
    private const int WriterCacheKiB = 64 * 1024;
    private const int ReaderCacheKiB = 4 * 1024;

    // The header's fields as https://www.sqlite.org/fileformat.html has them.
    private const int HeaderBytes = 100;
    private const int VersionAt = 60;
    private const int ApplicationAt = 68;

    private const string Layout = """
        CREATE TABLE spec(json TEXT NOT NULL, checksum INTEGER NOT NULL);
        CREATE TABLE namespaces(namespace INTEGER PRIMARY KEY, name TEXT NOT NULL, dimension INTEGER, model TEXT, digest TEXT,
            records INTEGER NOT NULL, sum INTEGER NOT NULL, checksum INTEGER NOT NULL);
        CREATE TABLE records(row INTEGER PRIMARY KEY, id TEXT NOT NULL, metadata BLOB, checksum INTEGER NOT NULL);
        CREATE TABLE vectors(row INTEGER PRIMARY KEY, data BLOB NOT NULL, checksum INTEGER NOT NULL);
        CREATE TABLE fields(field INTEGER PRIMARY KEY, namespace INTEGER NOT NULL, name TEXT NOT NULL);
        CREATE TABLE terms(field INTEGER NOT NULL, value NOT NULL, row INTEGER NOT NULL, PRIMARY KEY(field, value, row)) WITHOUT ROWID;
        """;

    /// <summary>Says why a file is none of ours or cannot be read, without letting SQLite touch it; null when it seems right.</summary>
    /// <param name="path">A file that is there.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? Check(string path)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
        {
            if (RandomAccess.Read(file, header, 0) < HeaderBytes || !header.StartsWith("SQLite format 3\0"u8))
                return "is no SQLite file";
        }

        if (BinaryPrimitives.ReadInt32BigEndian(header[ApplicationAt..]) is var application && application != Application)
            return $"belongs to another application (0x{application:X8})";
        var version = BinaryPrimitives.ReadInt32BigEndian(header[VersionAt..]);
        return version == Version ? null : $"has version {version}, and this program reads version {Version}";
    }

    /// <summary>Makes an index's file, whole or not at all.</summary>
    /// <param name="path">Where; nothing is there yet.</param>
    /// <param name="spec">The index.</param>
    /// <exception cref="SqliteException">It cannot be written.</exception>
    public static void Create(string path, IndexSpec spec)
    {
        var unfinished = path + ".new";
        DeleteUnfinished(path);
        using (var connection = SqliteConnection.Open(unfinished, create: true))
        {
            connection.Execute($"PRAGMA page_size={PageBytes}");
            connection.Execute("PRAGMA journal_mode=WAL");
            connection.Execute("PRAGMA synchronous=FULL");
            connection.Execute($"BEGIN; PRAGMA application_id={Application}; PRAGMA user_version={Version}; {Layout}");
            using (var insert = connection.Prepare("INSERT INTO spec(json, checksum) VALUES(?1, ?2)"))
                BindSpec(insert, spec).Run();
            connection.Execute("COMMIT");
        }

        File.Move(unfinished, path);
    }

    /// <summary>Opens the writer's connection.</summary>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static SqliteConnection OpenToWrite(string path)
    {
        var connection = SqliteConnection.Open(path, create: false);
        try
        {
            connection.Execute("PRAGMA synchronous=FULL");
            // The writer moves its journal into the file itself: another thread at it lets the journal grow without bound.
            connection.Execute($"PRAGMA wal_autocheckpoint={JournalBytes / PageBytes}");
            connection.Execute($"PRAGMA journal_size_limit={JournalBytes}");
            connection.Execute($"PRAGMA cache_size=-{WriterCacheKiB}");
            return connection;
        }
        catch (SqliteException)
        {
            connection.CloseUntouched();
            throw;
        }
    }

    /// <summary>Opens a reader's connection.</summary>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static SqliteConnection OpenToRead(string path)
    {
        var connection = SqliteConnection.OpenToRead(path);
        connection.Execute($"PRAGMA cache_size=-{ReaderCacheKiB}");
        return connection;
    }

    /// <summary>Removes a file and its journal.</summary>
    /// <exception cref="IOException">One of them cannot be removed.</exception>
    public static void Delete(string path)
    {
        // The journal first: one without its file would be taken for the next file's.
        foreach (var suffix in (string[])["-wal", "-shm", ""])
            File.Delete(path + suffix);
    }

    /// <summary>Removes what is left of a file that was being made when the process ended.</summary>
    public static void DeleteUnfinished(string path) => Delete(path + ".new");

    public static SqliteStatement BindSpec(SqliteStatement statement, IndexSpec spec)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(spec);
        return statement.BindText(1, json).Bind(2, Checksum.Add(Checksum.Start(0), json));
    }

    /// <summary>Reads what the index is.</summary>
    /// <exception cref="SqliteException">It contradicts its checksum.</exception>
    public static IndexSpec ReadSpec(SqliteConnection connection)
    {
        using var statement = connection.Prepare("SELECT json, checksum FROM spec");
        if (!statement.Step() || Checksum.Add(Checksum.Start(0), statement.Bytes(0)) != statement.Integer(1))
            throw SqliteException.Damage("what the index is contradicts its checksum");
        return JsonSerializer.Deserialize<IndexSpec>(statement.Bytes(0))!;
    }

    /// <summary>The checksum of a namespace's row.</summary>
    public static uint NamespaceChecksum(long number, string name, int? dimension, EmbeddingModel? model, long records, long sum)
    {
        var crc = Checksum.Add(Checksum.Start(number), Encoding.UTF8.GetBytes(name));
        crc = Checksum.Add(crc, Encoding.UTF8.GetBytes(model is null ? "" : $"{model.Name}\0{model.Digest}"));
        return Checksum.Add(Checksum.Add(Checksum.Add(crc, dimension ?? 0), records), sum);
    }
}
