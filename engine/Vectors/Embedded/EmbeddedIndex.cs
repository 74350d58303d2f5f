using Microsoft.Extensions.Logging;
using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>One index: its file, its writer, and those who read it.</summary>
internal sealed class EmbeddedIndex : IDisposable
{
    private readonly IndexState _state;
    private readonly ReaderPool _readers;
    private readonly IndexWriter? _writer;
    private readonly SearchPool _pool;
    private readonly ILogger _logger;
    private readonly IndexHealth _health;

    private EmbeddedIndex(IndexState state, SqliteConnection? connection, string? damage, FolderLock folder, SearchPool pool, VectorMetrics metrics, TimeProvider time, ILogger logger)
    {
        (_state, _pool, _logger) = (state, pool, logger);
        _health = new(state, damage, logger);
        _readers = new(state);
        Reads = new(state, metrics, time);
        if (damage is null)
            _writer = new(state, connection, folder, _health, logger);
    }

    public string Name => _state.Spec.Name;

    public IndexSpec Spec => _state.Spec;

    public IndexInfo Info => new(_state.Spec, _health.Refusal is null);

    public IndexState State => _state;

    /// <summary>What can be asked of it.</summary>
    public IndexReads Reads { get; }

    /// <summary>Why it cannot be asked; null when it can.</summary>
    public InferenceError? Refusal => _health.Refusal;

    /// <summary>An index without a file, which is made at the first write.</summary>
    public static EmbeddedIndex New(string path, IndexSpec spec, FolderLock folder, SearchPool pool, VectorMetrics metrics, TimeProvider time, ILogger logger) =>
        new(new(path, spec), null, null, folder, pool, metrics, time, logger);

    /// <summary>Opens an index's file and proves it. What is wrong with it is told by <see cref="Refusal"/>.</summary>
    public static EmbeddedIndex Open(string path, FolderLock folder, SearchPool pool, VectorMetrics metrics, TimeProvider time, ILogger logger)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        var start = time.GetTimestamp();
        var connection = default(SqliteConnection);
        string? damage;
        try
        {
            damage = IndexFile.Check(path);
            if (damage is null)
            {
                connection = IndexFile.OpenToWrite(path);
                var state = IndexLoader.Load(connection, path);
                if (state.Spec.Name == name)
                {
                    Log.Opened(logger, name, state.Records, state.Namespaces.Count, time.GetElapsedTime(start).TotalSeconds);
                    return new(state, connection, null, folder, pool, metrics, time, logger);
                }

                damage = $"is the file of index '{state.Spec.Name}'";
            }
        }
        catch (SqliteException e)
        {
            damage = e.IsDamage ? $"is damaged: {e.Message}" : $"cannot be read: {e.Message}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            damage = $"cannot be read: {e.Message}";
        }

        connection?.CloseUntouched();
        return new(new(path, new IndexSpec { Name = name }), null, damage, folder, pool, metrics, time, logger);
    }

    /// <summary>Reads on a thread of the store's what the file holds at that moment.</summary>
    public ValueTask<Outcome<T>> ReadAsync<T>(Func<RecordReader, SearchPool, Outcome<T>> work, CancellationToken cancellation)
        where T : class =>
        _pool.RunAsync(pool => Read(reader => work(reader, pool)), cancellation);

    /// <summary>Makes a change durable.</summary>
    public async ValueTask<Outcome<T>> WriteAsync<T>(Func<WriteBatch, Outcome<T>> work, int records, bool alone, CancellationToken cancellation)
        where T : class =>
        Refusal is { } refusal ? refusal : await _writer!.WriteAsync(work, records, alone, cancellation);

    /// <summary>Closes it, and removes its file.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    public void Delete()
    {
        Dispose();
        IndexFile.Delete(_state.Path);
        Log.Deleted(_logger, Name);
    }

    public void Dispose()
    {
        _readers.Close();
        _writer?.Dispose();
    }

    private Outcome<T> Read<T>(Func<RecordReader, Outcome<T>> work)
        where T : class
    {
        if (Refusal is { } refusal)
            return refusal;
        try
        {
            Outcome<T> outcome = new InferenceError(InferenceErrorKind.Unavailable, $"index '{Name}' is closed");
            _readers.TryRead(reader => outcome = work(reader));
            return outcome;
        }
        catch (SqliteException e)
        {
            if (!e.IsDamage)
                return new InferenceError(InferenceErrorKind.Unavailable, $"'{_state.Path}' cannot be read: {e.Message}");
            _health.Set(e);
            return Refusal!;
        }
    }
}
