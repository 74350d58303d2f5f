using System.Collections.Concurrent;
using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Outbox;

/// <summary>
/// The calls that wait for a service, in one SQLite file: what was added is there after any crash (write-ahead log, synced with each transaction).
/// One process has the file at a time. Beside them lie calls that were refused for good, with the reason, and which model each namespace has.
/// </summary>
internal sealed class OutboxFile : IDisposable
{
    private static readonly TimeSpan _fullFor = TimeSpan.FromSeconds(5);

    private readonly SqliteConnection _connection;
    private readonly OutboxStatements _sql;
    private readonly FileGuard _guard;
    private readonly long _maxRecords;
    private readonly long _maxBytes;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentDictionary<Lane, int> _waiting = new();
    private long _records;
    private long _bytes;
    private long _oldest;

    private OutboxFile(string path, SqliteConnection connection, long maxRecords, long maxBytes, TimeProvider time)
    {
        (_connection, _maxRecords, _maxBytes, _time) = (connection, maxRecords, maxBytes, time);
        _guard = new FileGuard(path);
        _sql = new OutboxStatements(connection);
        foreach (var (lane, entries, records, bytes) in _sql.Lanes())
        {
            _waiting[lane] = entries;
            _records += records;
            _bytes += bytes;
        }

        _oldest = _sql.Oldest();
    }

    /// <summary>Records that wait.</summary>
    public long Records => Interlocked.Read(ref _records);

    /// <summary>The lanes that have calls.</summary>
    public ICollection<Lane> Lanes => _waiting.Keys;

    /// <summary>Opens the file, which is made when it is not there.</summary>
    /// <param name="path">The file; its folder is made too.</param>
    /// <param name="maxRecords">The most records that may wait.</param>
    /// <param name="maxBytes">The most bytes of bodies that may wait.</param>
    /// <param name="time">The clock that entries' ages are told by.</param>
    /// <returns>The outbox, or an <see cref="InferenceErrorKind.Unavailable"/> that says why it cannot be had; then nothing was written over.</returns>
    public static Outcome<OutboxFile> Open(string path, long maxRecords, long maxBytes, TimeProvider time)
    {
        SqliteConnection? connection = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            // SQLite would say no more than that it cannot open it; this says why: a file system that is read-only, a right that is missing.
            File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete).Dispose();
            connection = SqliteConnection.Open(path, create: true);
            if (OutboxStatements.Prepare(connection) is { } wrong)
            {
                connection.CloseUntouched();
                return new InferenceError(InferenceErrorKind.Unavailable, $"the outbox '{path}' {wrong}");
            }

            return new OutboxFile(path, connection, maxRecords, maxBytes, time);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            // Files and SQLite say so in no other way.
            connection?.Dispose();
            return new InferenceError(
                InferenceErrorKind.Unavailable, e is SqliteException { IsHeld: true } ? $"the outbox '{path}' is in use by another process" : $"the outbox '{path}' cannot be opened: {e.Message}");
        }
    }

    /// <summary>Whether calls of a lane wait, those under way included.</summary>
    public bool Holds(Lane lane) => _waiting.ContainsKey(lane);

    /// <summary>How long the oldest call waits; zero when none does.</summary>
    public TimeSpan Oldest() => Interlocked.Read(ref _oldest) is > 0 and var since ? _time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(since) : TimeSpan.Zero;

    /// <summary>Adds calls to a lane's end, all or none, durable when it returns.</summary>
    /// <returns>An <see cref="InferenceErrorKind.Overloaded"/> when they do not fit, an <see cref="InferenceErrorKind.Unavailable"/> when they cannot be written; else null.</returns>
    public async ValueTask<InferenceError?> AddAsync(Lane lane, IReadOnlyList<OutboxCall> calls, CancellationToken cancellation)
    {
        long records = 0, bytes = 0;
        foreach (var call in calls)
            (records, bytes) = (records + call.Records, bytes + call.Body.Length);
        await _turn.WaitAsync(cancellation);
        try
        {
            if (_records + records > _maxRecords || _bytes + bytes > _maxBytes)
            {
                return new(
                    InferenceErrorKind.Overloaded,
                    $"the outbox is full: {_records} records and {_bytes} bytes wait for Pinecone, of at most {_maxRecords} and {_maxBytes}; {records} records of {bytes} bytes do not fit",
                    RetryAfter: _fullFor);
            }

            var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            _sql.Add(lane, calls, now);
            _waiting.AddOrUpdate(lane, static (_, count) => count, static (_, old, count) => old + count, calls.Count);
            Interlocked.Add(ref _records, records);
            _bytes += bytes;
            Interlocked.CompareExchange(ref _oldest, now, 0);
            // Sent from memory it may be yet; but what is acknowledged must outlive the process.
            return _guard.Missing() is { } gone ? new(InferenceErrorKind.Unavailable, $"the outbox {gone}") : null;
        }
        catch (SqliteException e)
        {
            // The transaction is rolled back: nothing was added.
            return CannotWrite(e);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A lane's first calls, as many as two megabytes hold but at least one; none when none waits.</summary>
    /// <exception cref="SqliteException">They cannot be read.</exception>
    public async ValueTask<IReadOnlyList<OutboxEntry>> FirstAsync(Lane lane, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return _sql.First(lane);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Forgets calls that were taken.</summary>
    /// <param name="entries">Calls of one lane.</param>
    /// <param name="count">How many of them, from the first on.</param>
    /// <exception cref="SqliteException">It cannot be written.</exception>
    public ValueTask RemoveAsync(IReadOnlyList<OutboxEntry> entries, int count) => TakeAwayAsync(entries, count, null);

    /// <summary>Moves a call aside that was refused for good.</summary>
    /// <exception cref="SqliteException">It cannot be written.</exception>
    public ValueTask BuryAsync(OutboxEntry entry, string reason) => TakeAwayAsync([entry], 1, reason);

    /// <summary>Forgets all calls to an index that is gone.</summary>
    /// <returns>An <see cref="InferenceErrorKind.Unavailable"/> when that cannot be written, else null.</returns>
    public async ValueTask<InferenceError?> RemoveIndexAsync(string index)
    {
        await _turn.WaitAsync();
        try
        {
            foreach (var (lane, _, records, bytes) in _sql.RemoveIndex(index))
            {
                _waiting.TryRemove(lane, out _);
                Interlocked.Add(ref _records, -records);
                _bytes -= bytes;
            }

            Interlocked.Exchange(ref _oldest, _sql.Oldest());
            return null;
        }
        catch (SqliteException e)
        {
            return CannotWrite(e);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The calls that were moved aside, oldest first.</summary>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The calls, or an <see cref="InferenceErrorKind.Unavailable"/> when they cannot be read.</returns>
    public async ValueTask<Outcome<IReadOnlyList<DeadLetter>>> DeadAsync(int limit, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return _sql.Dead(limit);
        }
        catch (SqliteException e)
        {
            return new InferenceError(InferenceErrorKind.Unavailable, $"the outbox cannot be read: {e.Message}");
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The models of namespaces that were saved. Asked before anything else runs.</summary>
    public IReadOnlyList<(Lane Lane, EmbeddingModel Model)> Models() => _sql.Models();

    /// <summary>The models of the calls that wait, of each namespace the first. Asked before anything else runs.</summary>
    public IReadOnlyList<(Lane Lane, EmbeddingModel Model)> ClaimedModels() => _sql.ClaimedModels();

    /// <summary>Saves which model a namespace has.</summary>
    /// <exception cref="SqliteException">It cannot be written.</exception>
    public async ValueTask SaveModelAsync(Lane lane, EmbeddingModel model)
    {
        await _turn.WaitAsync();
        try
        {
            _sql.SaveModel(lane, model);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Forgets the model of a namespace, or of all namespaces of an index.</summary>
    /// <exception cref="SqliteException">It cannot be written.</exception>
    public async ValueTask ForgetModelsAsync(string index, string? @namespace)
    {
        await _turn.WaitAsync();
        try
        {
            _sql.ForgetModels(index, @namespace);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _sql.Dispose();
        _connection.Dispose();
        _turn.Dispose();
    }

    private static InferenceError CannotWrite(SqliteException e) => new(InferenceErrorKind.Unavailable, $"the outbox cannot be written: {e.Message}");

    private async ValueTask TakeAwayAsync(IReadOnlyList<OutboxEntry> entries, int count, string? reason)
    {
        if (count == 0)
            return;
        await _turn.WaitAsync();
        try
        {
            // Those are gone already whose index was removed meanwhile.
            foreach (var entry in _sql.TakeAway(entries, count, reason, _time.GetUtcNow().ToUnixTimeMilliseconds()))
            {
                if (_waiting.AddOrUpdate(entry.Lane, 0, static (_, waiting) => waiting - 1) == 0)
                    _waiting.TryRemove(entry.Lane, out _);
                Interlocked.Add(ref _records, -entry.Call.Records);
                _bytes -= entry.Call.Body.Length;
            }

            Interlocked.Exchange(ref _oldest, _sql.Oldest());
        }
        finally
        {
            _turn.Release();
        }
    }
}
