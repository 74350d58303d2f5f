namespace Orrery.Engine.Vectors.Sqlite;

/// <summary>
/// Notices that a SQLite file which a connection has open is no longer the one of its name: who removes or exchanges it, its journal or its
/// folder leaves the connection writing into files that nobody will ever find, without an error.
/// </summary>
/// <param name="path">The file, which a connection has just opened.</param>
internal sealed class FileGuard(string path)
{
    /// <summary>What is said of such a file, after its name.</summary>
    public const string Gone = "was removed or exchanged while it was in use";

    private readonly string _journal = path + "-wal";
    private readonly FileIdentity? _file = FileIdentity.Of(path);
    private FileIdentity? _log;

    /// <summary>Whether the name leads to another file now, or to none.</summary>
    public bool IsAnother() => _file is null || FileIdentity.Of(path) != _file;

    /// <summary>Looks. To be called after each commit, before it is answered.</summary>
    /// <returns>What has become of the file, to be read after its name; null when it is there.</returns>
    public string? Missing()
    {
        if (IsAnother())
            return Gone;
        var log = FileIdentity.Of(_journal);
        // The journal is made by the first commit, and stays until the connection is closed.
        _log ??= log;
        return log is not null && log == _log ? null : "has lost its journal, which was removed or exchanged while it was in use";
    }

    /// <summary>The connection was closed: the next one makes a journal of its own.</summary>
    public void Closed() => _log = null;
}
