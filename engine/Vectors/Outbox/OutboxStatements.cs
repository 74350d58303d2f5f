using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Outbox;

/// <summary>The outbox's tables and what is asked of them. For one caller at a time.</summary>
internal sealed class OutboxStatements(SqliteConnection connection) : IDisposable
{
    /// <summary>The version of the tables, kept as SQLite's user_version.</summary>
    public const int Version = 1;

    /// <summary>The most bytes of bodies that are read at a time, if there is more than one.</summary>
    public const int ReadBytes = 2_000_000;

    /// <summary>The most entries that are read at a time.</summary>
    public const int ReadEntries = 1_000;

    private const string Columns = "seq, lane_index, lane_namespace, method, path, body, records, model_name, model_digest";

    private readonly SqliteStatement _add = connection.Prepare(
        "INSERT INTO entries (lane_index, lane_namespace, method, path, body, records, model_name, model_digest, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");

    private readonly SqliteStatement _first = connection.Prepare($"SELECT {Columns} FROM entries WHERE lane_index = ?1 AND lane_namespace = ?2 ORDER BY seq LIMIT {ReadEntries}");
    private readonly SqliteStatement _bury = connection.Prepare($"INSERT INTO dead ({Columns}, at, reason, died) SELECT {Columns}, at, ?2, ?3 FROM entries WHERE seq = ?1");
    private readonly SqliteStatement _remove = connection.Prepare("DELETE FROM entries WHERE seq = ?1 RETURNING seq");
    private readonly SqliteStatement _oldest = connection.Prepare("SELECT at FROM entries ORDER BY seq LIMIT 1");

    /// <summary>Makes the tables where there are none, and takes the file for this process.</summary>
    /// <returns>What is wrong with the file, to be read after its name; null when nothing is.</returns>
    /// <exception cref="SqliteException">SQLite cannot.</exception>
    public static string? Prepare(SqliteConnection connection)
    {
        long version;
        using (var ask = connection.Prepare("PRAGMA user_version"))
        {
            ask.Step();
            version = ask.Integer(0);
        }

        if (version > Version)
            return $"is of version {version}, this program knows {Version}";
        // Exclusive: a second process would send the same calls in another order.
        connection.Execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        connection.Execute($"""
            BEGIN IMMEDIATE;
            CREATE TABLE IF NOT EXISTS entries (
                seq INTEGER PRIMARY KEY AUTOINCREMENT, lane_index TEXT NOT NULL, lane_namespace TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
                body BLOB NOT NULL, records INTEGER NOT NULL, model_name TEXT, model_digest TEXT, at INTEGER NOT NULL);
            CREATE INDEX IF NOT EXISTS entries_lane ON entries (lane_index, lane_namespace, seq);
            CREATE TABLE IF NOT EXISTS dead (
                seq INTEGER PRIMARY KEY, lane_index TEXT NOT NULL, lane_namespace TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
                body BLOB NOT NULL, records INTEGER NOT NULL, model_name TEXT, model_digest TEXT, at INTEGER NOT NULL, reason TEXT NOT NULL, died INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS models (
                lane_index TEXT NOT NULL, lane_namespace TEXT NOT NULL, model_name TEXT NOT NULL, model_digest TEXT NOT NULL,
                PRIMARY KEY (lane_index, lane_namespace)) WITHOUT ROWID;
            PRAGMA user_version = {Version};
            COMMIT
            """);
        return null;
    }

    /// <summary>What waits in each lane.</summary>
    public List<(Lane Lane, int Entries, long Records, long Bytes)> Lanes() => Totals("SELECT lane_index, lane_namespace, COUNT(*), SUM(records), SUM(LENGTH(body)) FROM entries GROUP BY 1, 2", null);

    /// <summary>Adds entries in one transaction.</summary>
    public void Add(Lane lane, IReadOnlyList<OutboxCall> calls, long now) => Transaction(() =>
    {
        foreach (var call in calls)
        {
            Bind(_add, lane)
                .BindText(3, call.Method).BindText(4, call.Path).BindBlob(5, call.Body.Span).Bind(6, call.Records)
                .BindText(7, call.Model?.Name).BindText(8, call.Model?.Digest).Bind(9, now).Run();
        }
    });

    /// <summary>The first entries of a lane, as many as <see cref="ReadEntries"/> and <see cref="ReadBytes"/> allow, but at least one; none when there is none.</summary>
    public List<OutboxEntry> First(Lane lane)
    {
        var entries = new List<OutboxEntry>();
        var bytes = 0;
        Bind(_first, lane);
        while (_first.Step() && (entries.Count == 0 || bytes + _first.Bytes(5).Length <= ReadBytes))
        {
            entries.Add(Read(_first));
            bytes += entries[^1].Call.Body.Length;
        }

        _first.Reset();
        return entries;
    }

    /// <summary>Removes entries, and with a reason keeps them among the dead.</summary>
    /// <returns>Those that were there.</returns>
    public List<OutboxEntry> TakeAway(IReadOnlyList<OutboxEntry> entries, int count, string? reason, long now)
    {
        var there = new List<OutboxEntry>(count);
        Transaction(() =>
        {
            for (var i = 0; i < count; i++)
            {
                if (reason is not null)
                    _bury.Bind(1, entries[i].Sequence).BindText(2, reason).Bind(3, now).Run();
                if (_remove.Bind(1, entries[i].Sequence).Step())
                    there.Add(entries[i]);
                _remove.Reset();
            }
        });
        return there;
    }

    /// <summary>Removes all entries of an index, and tells what there was.</summary>
    public List<(Lane Lane, int Entries, long Records, long Bytes)> RemoveIndex(string index)
    {
        List<(Lane, int, long, long)> removed = [];
        Transaction(() =>
        {
            removed = Totals("SELECT lane_index, lane_namespace, COUNT(*), SUM(records), SUM(LENGTH(body)) FROM entries WHERE lane_index = ?1 GROUP BY 1, 2", index);
            using var remove = connection.Prepare("DELETE FROM entries WHERE lane_index = ?1");
            remove.BindText(1, index).Run();
        });
        return removed;
    }

    /// <summary>When the oldest entry was added, in milliseconds since 1970; 0 when there is none.</summary>
    public long Oldest()
    {
        var at = _oldest.Step() ? _oldest.Integer(0) : 0;
        _oldest.Reset();
        return at;
    }

    /// <summary>The dead, oldest first.</summary>
    public List<DeadLetter> Dead(int limit)
    {
        var dead = new List<DeadLetter>();
        using var ask = connection.Prepare($"SELECT {Columns}, reason FROM dead ORDER BY seq LIMIT ?1");
        ask.Bind(1, limit);
        while (ask.Step())
        {
            var (sequence, lane, call) = Read(ask);
            dead.Add(new DeadLetter(sequence, lane.Index, lane.Namespace, $"{call.Method} {call.Path}", call.Records, ask.Text(9)!, call.Body));
        }

        return dead;
    }

    /// <summary>The models of namespaces.</summary>
    public List<(Lane Lane, EmbeddingModel Model)> Models() => ReadModels("SELECT lane_index, lane_namespace, model_name, model_digest FROM models");

    /// <summary>The models of entries, of each lane the first.</summary>
    public List<(Lane Lane, EmbeddingModel Model)> ClaimedModels() =>
        ReadModels("SELECT lane_index, lane_namespace, model_name, model_digest FROM entries WHERE seq IN (SELECT MIN(seq) FROM entries WHERE model_digest IS NOT NULL GROUP BY lane_index, lane_namespace)");

    /// <summary>Sets the model of a namespace.</summary>
    public void SaveModel(Lane lane, EmbeddingModel model)
    {
        using var save = connection.Prepare("INSERT OR REPLACE INTO models (lane_index, lane_namespace, model_name, model_digest) VALUES (?1, ?2, ?3, ?4)");
        Bind(save, lane).BindText(3, model.Name).BindText(4, model.Digest).Run();
    }

    /// <summary>Removes the model of a namespace, or of all of an index.</summary>
    public void ForgetModels(string index, string? @namespace)
    {
        using var forget = connection.Prepare("DELETE FROM models WHERE lane_index = ?1 AND (?2 IS NULL OR lane_namespace = ?2)");
        forget.BindText(1, index).BindText(2, @namespace).Run();
    }

    public void Dispose()
    {
        _add.Dispose();
        _first.Dispose();
        _bury.Dispose();
        _remove.Dispose();
        _oldest.Dispose();
    }

    private static SqliteStatement Bind(SqliteStatement statement, Lane lane) => statement.BindText(1, lane.Index).BindText(2, lane.Namespace);

    private static OutboxEntry Read(SqliteStatement row)
    {
        var model = row.Text(8) is { } digest ? new EmbeddingModel(row.Text(7)!, digest) : null;
        return new OutboxEntry(
            row.Integer(0), new Lane(row.Text(1)!, row.Text(2)!), new OutboxCall(row.Text(3)!, row.Text(4)!, row.Bytes(5).ToArray(), (int)row.Integer(6), model));
    }

    private List<(Lane Lane, int Entries, long Records, long Bytes)> Totals(string sql, string? index)
    {
        var totals = new List<(Lane, int, long, long)>();
        using var ask = connection.Prepare(sql);
        if (index is not null)
            ask.BindText(1, index);
        while (ask.Step())
            totals.Add((new Lane(ask.Text(0)!, ask.Text(1)!), (int)ask.Integer(2), ask.Integer(3), ask.Integer(4)));
        return totals;
    }

    private List<(Lane Lane, EmbeddingModel Model)> ReadModels(string sql)
    {
        var models = new List<(Lane, EmbeddingModel)>();
        using var ask = connection.Prepare(sql);
        while (ask.Step())
            models.Add((new Lane(ask.Text(0)!, ask.Text(1)!), new EmbeddingModel(ask.Text(2)!, ask.Text(3)!)));
        return models;
    }

    private void Transaction(Action body)
    {
        connection.Execute("BEGIN IMMEDIATE");
        try
        {
            body();
            connection.Execute("COMMIT");
        }
        catch
        {
            // A full disk may have rolled it back already.
            if (!connection.IsIdle)
                connection.Execute("ROLLBACK");
            throw;
        }
    }
}
