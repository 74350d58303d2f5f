using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>
/// Vectors on this machine: a SQLite file an index, codes of a byte a component in memory, and searches that are exact. See ARCHITECTURE.md.
/// All members can be called from any thread.
/// </summary>
public sealed partial class EmbeddedStore : IVectorStore
{
    // Transactions that wait for the disk at once.
    private const int WriterThreads = 4;

    // Each has a few files open, and the pages that it read last in memory.
    private const int MaxOpen = 32;

    private readonly VectorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly FolderLock _folder;
    private readonly VectorMetrics _metrics;
    private readonly StoreParts _parts;
    private readonly ConcurrentDictionary<string, EmbeddedIndex> _indexes = new(StringComparer.Ordinal);
    // Making and removing indexes, one at a time.
    private readonly SemaphoreSlim _changing = new(1, 1);
    private bool _closed;

    private EmbeddedStore(VectorOptions options, FolderLock folder, ILogger logger, TimeProvider time)
    {
        (_options, _folder, _logger, _time) = (options, folder, logger, time);
        _metrics = new(() => _indexes.Values);
        _parts = new(folder, new(Math.Max(2, Environment.ProcessorCount)), new(WriterThreads), new(MaxOpen), _metrics);
    }

    /// <inheritdoc/>
    public string DefaultIndex => _options.Index;

    /// <summary>Opens the store's folder, and proves every file in it. Damaged ones are told of by the log and by lists, and left as they are.</summary>
    /// <param name="options">Where the folder is, and what the default index is to be.</param>
    /// <param name="loggers">Makes the log.</param>
    /// <param name="time">Measures.</param>
    /// <param name="cancellation">Gives up between files.</param>
    /// <returns>The store, or why the folder, which is named, cannot be used: another process has it, say.</returns>
    /// <exception cref="ArgumentException">The options are wrong.</exception>
    public static async Task<Outcome<EmbeddedStore>> OpenAsync(VectorOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggers);
        if (options.Validate() is { } wrong)
            throw new ArgumentException(wrong, nameof(options));
        var folder = new FolderLock(options.Directory);
        if (folder.Take(create: false) is { } unusable)
            return new InferenceError(InferenceErrorKind.Unavailable, $"vectors' folder '{options.Directory}' {unusable}");
        var store = new EmbeddedStore(options, folder, loggers.CreateLogger<EmbeddedStore>(), time);
        try
        {
            // A thread of its own: reading takes seconds for millions of records.
            await Task.Factory.StartNew(() => store.OpenFiles(cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return store;
        }
        catch (OperationCanceledException)
        {
            await store.DisposeAsync();
            throw;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await store.DisposeAsync();
            return new InferenceError(InferenceErrorKind.Unavailable, $"vectors' folder '{options.Directory}' cannot be read: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<IReadOnlyList<IndexInfo>>> ListIndexesAsync(CancellationToken cancellation)
    {
        var list = new List<IndexInfo>();
        foreach (var index in _indexes.Values)
            list.Add(index.Info);
        list.Sort((a, b) => string.CompareOrdinal(a.Spec.Name, b.Spec.Name));
        return new((Outcome<IReadOnlyList<IndexInfo>>)list);
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<IndexInfo>> FindIndexAsync(string index, CancellationToken cancellation) =>
        new(_indexes.TryGetValue(index, out var found) ? found.Info : RecordCheck.NoIndex(index));

    /// <inheritdoc/>
    public async ValueTask<Outcome<IndexInfo>> CreateIndexAsync(IndexSpec spec, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (RecordCheck.Check(spec) is { } wrong)
            return wrong;
        await _changing.WaitAsync(cancellation);
        try
        {
            if (_closed)
                return Closed;
            if (_indexes.ContainsKey(spec.Name))
                return new InferenceError(InferenceErrorKind.Conflict, $"index '{spec.Name}' exists already", "name");
            if (_indexes.Count >= _options.MaxIndexes)
                return RecordCheck.TooManyIndexes(_options.MaxIndexes);
            var index = EmbeddedIndex.New(FileOf(spec.Name), spec, _parts, _time, _logger);
            // Writing nothing makes the file.
            var made = await index.WriteAsync<IndexInfo>(batch => new IndexInfo(batch.Spec), 1, alone: true, CancellationToken.None);
            if (made.Error is null)
                _indexes[spec.Name] = index;
            else
                index.Dispose();
            return made;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<IndexInfo>> ConfigureIndexAsync(string index, IndexChange change, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Find(index).TryGet(out var found, out var error) ? await found.WriteAsync(batch => batch.Configure(change), 1, alone: true, cancellation) : error;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<Done>> DeleteIndexAsync(string index, CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            if (!_indexes.TryGetValue(index, out var found))
                return RecordCheck.NoIndex(index);
            if (found.Spec.DeletionProtected)
                return new InferenceError(InferenceErrorKind.Conflict, $"index '{index}' is protected from deletion; set deletion_protection to disabled first", "deletion_protection");
            if (found.Refusal is { } damaged)
                return damaged;
            _indexes.TryRemove(index, out _);
            // Whoever is at it is waited for, on a thread that may wait.
            return await Task.Factory.StartNew(() => Delete(found), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Writes what waits, and closes the files.</summary>
    public async ValueTask DisposeAsync()
    {
        await _changing.WaitAsync();
        try
        {
            if (_closed)
                return;
            _closed = true;
            await Task.Factory.StartNew(Close, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _changing.Release();
        }
    }

    private static InferenceError Closed => new(InferenceErrorKind.Unavailable, "the vector store is closed");

    private Outcome<Done> Delete(EmbeddedIndex index)
    {
        try
        {
            index.Delete();
            return Done.It;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.DeleteFailed(_logger, index.State.Path, e.Message);
            return new InferenceError(InferenceErrorKind.Unavailable, $"index '{index.Name}' cannot be removed: {LocalPaths.Hide(e.Message, _options.Directory)}");
        }
    }

    private string FileOf(string index) => Path.Combine(_options.Directory, index + IndexFile.Extension);

    private void OpenFiles(CancellationToken cancellation)
    {
        if (Directory.Exists(_options.Directory))
        {
            foreach (var path in Directory.GetFiles(_options.Directory, "*" + IndexFile.Extension))
            {
                cancellation.ThrowIfCancellationRequested();
                var index = EmbeddedIndex.Open(path, _parts, _time, _logger);
                _indexes[index.Name] = index;
                _parts.Files.Use(index);
            }
        }

        if (!_indexes.ContainsKey(_options.Index))
        {
            var spec = new IndexSpec { Name = _options.Index, Metric = _options.Metric, Element = _options.Element };
            _indexes[_options.Index] = EmbeddedIndex.New(FileOf(_options.Index), spec, _parts, _time, _logger);
        }
    }

    private void Close()
    {
        foreach (var index in _indexes.Values)
            index.Dispose();
        _indexes.Clear();
        _parts.Readers.Dispose();
        _parts.Writers.Dispose();
        _metrics.Dispose();
        _folder.Dispose();
    }

    // An index that can be asked.
    private Outcome<EmbeddedIndex> Find(string name)
    {
        if (!_indexes.TryGetValue(name, out var index))
            return _closed ? Closed : RecordCheck.NoIndex(name);
        return index.Refusal is { } refusal ? refusal : index;
    }
}
