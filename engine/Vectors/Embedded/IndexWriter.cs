using Microsoft.Extensions.Logging;
using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>
/// The thread that writes to an index. What waits while it writes becomes its next transaction: one flush to the disk serves all who came together.
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
    private readonly Action<SqliteException> _damaged;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private RecordWriter? _writer;

    /// <summary>Starts.</summary>
    /// <param name="index">The index.</param>
    /// <param name="connection">Its file; null while there is none, which is made at the first write.</param>
    /// <param name="folder">The folder of the file.</param>
    /// <param name="damaged">Called when the file turns out to be damaged.</param>
    /// <param name="logger">Where failures are told.</param>
    public IndexWriter(IndexState index, SqliteConnection? connection, FolderLock folder, Action<SqliteException> damaged, ILogger logger)
    {
        (_index, _folder, _damaged, _logger) = (index, folder, damaged, logger);
        if (connection is not null)
            _writer = new(connection, index.Spec.Element);
        _thread = new Thread(Run) { IsBackground = true, Name = $"orrery-index-{index.Spec.Name}" };
        _thread.Start();
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
            return await job.Task;
        return new InferenceError(InferenceErrorKind.Overloaded, $"{MaxWaiting} records wait to be written to index '{_index.Spec.Name}' already", RetryAfter: _retry);
    }

    /// <summary>Writes what waits, then ends.</summary>
    public void Dispose()
    {
        _queue.Close();
        _thread.Join();
        _writer?.Dispose();
    }

    private void Run()
    {
        var jobs = new List<Job<WriteBatch>>();
        Job<WriteBatch>? next = null;
        while (next is not null || _queue.Take(out next))
        {
            jobs.Clear();
            var records = 0;
            bool full;
            do
            {
                if (next.TryTake())
                    jobs.Add(next);
                records += next.Weight;
                full = next.Alone || records >= MaxRecords;
                next = null;
            }
            while (!full && _queue.TryTake(out next) && !next.Alone);
            if (jobs.Count > 0)
                Commit(jobs);
        }
    }

    private void Commit(List<Job<WriteBatch>> jobs)
    {
        WriteBatch? batch = null;
        try
        {
            if (Open() is { } unusable)
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
            return unusable;
        IndexFile.Create(_index.Path, _index.Spec);
        _writer = new(IndexFile.OpenToWrite(_index.Path), _index.Spec.Element);
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
            _damaged(damage);
        var error = new InferenceError(InferenceErrorKind.Unavailable, $"nothing was written to '{_index.Path}': {exception.Message}", RetryAfter: _retry);
        jobs.ForEach(job => job.Fail(error));
    }
}
