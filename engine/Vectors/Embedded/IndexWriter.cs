using Microsoft.Extensions.Logging;
using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>
/// Writes to an index, on a thread of the store's at a time. What waits while it writes becomes its next transaction: one flush to the disk serves
/// all who came together.
/// </summary>
internal sealed class IndexWriter : IDisposable
{
    // More records in a transaction make it longer, and no longer faster.
    private const int MaxRecords = 16 * 1024;
    private const int MaxWaiting = 64 * 1024;
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(1);

    private readonly WorkQueue<Job<WriteBatch>> _queue = new(MaxWaiting);
    private readonly IndexState _index;
    private readonly FolderLock _folder;
    private readonly IndexHealth _health;
    private readonly ILogger _logger;
    private readonly WriterPool _pool;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RecordWriter? _writer;
    private FileGuard? _guard;
    private Job<WriteBatch>? _next;
    private int _hasTurn;
    private int _closes;

    /// <summary>Starts.</summary>
    /// <param name="index">The index.</param>
    /// <param name="connection">Its file; null while there is none, which is made at the first write.</param>
    /// <param name="folder">The folder of the file.</param>
    /// <param name="health">Asked before each transaction, and told when the file turns out to be damaged or gone.</param>
    /// <param name="pool">The threads.</param>
    /// <param name="logger">Where failures are told.</param>
    public IndexWriter(IndexState index, SqliteConnection? connection, FolderLock folder, IndexHealth health, WriterPool pool, ILogger logger)
    {
        (_index, _folder, _health, _pool, _logger) = (index, folder, health, pool, logger);
        if (connection is null)
            return;
        _writer = new(connection, index.Spec.Element);
        _guard = new(index.Path);
    }

    /// <summary>Makes a change durable, with others that wait.</summary>
    /// <param name="work">The change.</param>
    /// <param name="records">About how many records it writes.</param>
    /// <param name="alone">Whether it must see all others committed.</param>
    /// <param name="cancellation">Gives it up while it waits.</param>
    public async ValueTask<Outcome<T>> WriteAsync<T>(Func<WriteBatch, Outcome<T>> work, int records, bool alone, CancellationToken cancellation)
        where T : class
    {
        var job = new Job<WriteBatch, T>(work, cancellation) { Weight = records, Alone = alone };
        if (_queue.TryAdd(job, records))
        {
            TakeTurn();
            return await job.Task;
        }

        return _queue.IsClosed
            ? new InferenceError(InferenceErrorKind.Unavailable, $"index '{_index.Spec.Name}' is closed")
            : new InferenceError(InferenceErrorKind.Overloaded, $"{MaxWaiting} records wait to be written to index '{_index.Spec.Name}' already", RetryAfter: _retry);
    }

    /// <summary>Closes the file once nothing waits to be written; the next write opens it again.</summary>
    public void CloseFile()
    {
        // It is closed, and not opened again, where the writer ends.
        if (_queue.IsClosed)
            return;
        Volatile.Write(ref _closes, 1);
        TakeTurn();
    }

    /// <summary>Writes what waits, then ends.</summary>
    public void Dispose()
    {
        _queue.Close();
        TakeTurn();
        _ended.Task.Wait();
        Close();
    }

    /// <summary>Writes one transaction of what waits. Called by the pool.</summary>
    public void Turn()
    {
        var jobs = new List<Job<WriteBatch>>();
        var records = 0;
        var full = false;
        while (!full && (_next is not null || _queue.TryTake(out _next)))
        {
            // What must see all others committed has a transaction of its own.
            if (_next.Alone && jobs.Count > 0)
                break;
            if (_next.TryTake())
                jobs.Add(_next);
            records += _next.Weight;
            full = _next.Alone || records >= MaxRecords;
            _next = null;
        }

        if (jobs.Count > 0)
            Commit(jobs);
        else if (Interlocked.Exchange(ref _closes, 0) != 0)
            Close();
        var more = _next is not null || !_queue.IsEmpty;
        var ends = !more && _queue.IsClosed;
        if (more)
        {
            _pool.Add(this);
            return;
        }

        Volatile.Write(ref _hasTurn, 0);
        if (ends)
            _ended.TrySetResult();
        else if (!_queue.IsEmpty || _queue.IsClosed || Volatile.Read(ref _closes) != 0)
            TakeTurn();
    }

    private void TakeTurn()
    {
        if (Interlocked.Exchange(ref _hasTurn, 1) == 0)
            _pool.Add(this);
    }

    private void Close()
    {
        // A last turn may be at it while the index is disposed.
        Interlocked.Exchange(ref _writer, null)?.Close(touch: _health.Refusal is null);
        _guard?.Closed();
    }

    private void Commit(List<Job<WriteBatch>> jobs)
    {
        WriteBatch? batch = null;
        try
        {
            if ((_health.Refusal ?? Open()) is { } unusable)
            {
                jobs.ForEach(job => job.Fail(unusable));
                return;
            }

            _writer!.Begin();
            batch = new(_index, _writer);
            foreach (var job in jobs)
                job.Run(batch);
            if (batch.IsDirty)
                batch.Commit();
            else
                batch.Drop();
            if (batch.IsDirty && _guard!.Missing() is { } gone)
            {
                // Written, into a file that nobody will find.
                _health.Set(gone);
                jobs.ForEach(job => job.Fail(_health.Refusal!));
                return;
            }

            jobs.ForEach(job => job.Answer());
        }
#pragma warning disable CA1031 // Whatever went wrong belongs to those who asked; the thread has others to serve.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e, batch, jobs);
        }
    }

    private InferenceError? Open()
    {
        if (_writer is not null)
            return null;
        if (_folder.Take(create: true) is { } unusable)
        {
            Log.WriteFailed(_logger, _index.Path, $"the folder {unusable}");
            return new(InferenceErrorKind.Unavailable, $"nothing was written to index '{_index.Spec.Name}': the folder of vectors {unusable}");
        }

        if (_guard is null)
            IndexFile.Create(_index.Path, _index.Spec);
        var connection = IndexFile.OpenToWrite(_index.Path);
        _guard ??= new(_index.Path);
        if (_guard.IsAnother())
        {
            connection.CloseUntouched();
            _health.Set(FileGuard.Gone);
            return _health.Refusal;
        }

        _writer = new(connection, _index.Spec.Element);
        return null;
    }

    private void Fail(Exception exception, WriteBatch? batch, List<Job<WriteBatch>> jobs)
    {
        try
        {
            batch?.Drop();
        }
        catch (SqliteException e)
        {
            // SQLite has taken it back itself, or the next transaction will fail to begin and be refused like this one.
            Log.WriteFailed(_logger, _index.Path, e.Message);
        }

        if (exception is not (SqliteException or IOException or UnauthorizedAccessException))
        {
            jobs.ForEach(job => job.Throw(exception));
            return;
        }

        Log.WriteFailed(_logger, _index.Path, exception.Message);
        if (exception is SqliteException { IsDamage: true } damage)
            _health.Set(damage);
        var error = new InferenceError(InferenceErrorKind.Unavailable, $"nothing was written to index '{_index.Spec.Name}': {LocalPaths.Hide(exception.Message, Path.GetDirectoryName(_index.Path)!)}", RetryAfter: _retry);
        jobs.ForEach(job => job.Fail(error));
    }
}
