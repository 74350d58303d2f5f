using Microsoft.Extensions.Logging;
using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>What the indexes of a store share.</summary>
/// <param name="Folder">The lock on their folder.</param>
/// <param name="Readers">Threads that read.</param>
/// <param name="Writers">Threads that write.</param>
/// <param name="Files">Who may have files open.</param>
/// <param name="Metrics">What is counted.</param>
internal sealed record StoreParts(FolderLock Folder, SearchPool Readers, WriterPool Writers, OpenFiles Files, VectorMetrics Metrics);

/// <summary>One index: its file, its writer, and those who read it.</summary>
internal sealed class EmbeddedIndex : IDisposable
{
    private readonly IndexState _state;
    private readonly ReaderPool _readers;
    private readonly IndexWriter? _writer;
    private readonly StoreParts _parts;
    private readonly ILogger _logger;
    private readonly IndexHealth _health;

    private EmbeddedIndex(IndexState state, SqliteConnection? connection, string? damage, StoreParts parts, TimeProvider time, ILogger logger)
    {
        (_state, _parts, _logger) = (state, parts, logger);
        _health = new(state, damage, logger);
        _readers = new(state);
        Reads = new(state, parts.Metrics, time);
        if (damage is null)
            _writer = new(state, connection, parts.Folder, _health, parts.Writers, logger);
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
    public static EmbeddedIndex New(string path, IndexSpec spec, StoreParts parts, TimeProvider time, ILogger logger) =>
        new(new(path, spec), null, null, parts, time, logger);

    /// <summary>Opens an index's file and proves it. What is wrong with it is told by <see cref="Refusal"/>.</summary>
    public static EmbeddedIndex Open(string path, StoreParts parts, TimeProvider time, ILogger logger)
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
                    return new(state, connection, null, parts, time, logger);
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
            damage = $"cannot be read: {LocalPaths.Hide(e.Message, Path.GetDirectoryName(path)!)}";
        }

        connection?.CloseUntouched();
        return new(new(path, new IndexSpec { Name = name }), null, damage, parts, time, logger);
    }

    /// <summary>Reads on a thread of the store's what the file holds at that moment.</summary>
    public ValueTask<Outcome<T>> ReadAsync<T>(Func<RecordReader, SearchPool, Outcome<T>> work, CancellationToken cancellation)
        where T : class
    {
        _parts.Files.Use(this);
        return _parts.Readers.RunAsync(
            pool =>
            {
                var outcome = Read(reader => work(reader, pool));
                Leave();
                return outcome;
            }, cancellation);
    }

    /// <summary>Makes a change durable.</summary>
    public async ValueTask<Outcome<T>> WriteAsync<T>(Func<WriteBatch, Outcome<T>> work, int records, bool alone, CancellationToken cancellation)
        where T : class
    {
        if (Refusal is { } refusal)
            return refusal;
        _parts.Files.Use(this);
        try
        {
            return await _writer!.WriteAsync(work, records, alone, cancellation);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Closes the files that nobody is at; they are opened again when they are needed.</summary>
    public void CloseFiles()
    {
        _readers.Trim();
        _writer?.CloseFile();
    }

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
        _parts.Files.Forget(this);
        _readers.Close();
        _writer?.Dispose();
    }

    /// <summary>Others may have taken this index's place while it opened its files or was at them.</summary>
    private void Leave()
    {
        if (!_parts.Files.Has(this))
            CloseFiles();
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
                return new InferenceError(InferenceErrorKind.Unavailable, $"index '{Name}' cannot be read: {e.Message}");
            _health.Set(e);
            return Refusal!;
        }
    }
}
