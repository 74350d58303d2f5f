using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>Connections that read an index's file, kept between uses.</summary>
internal sealed class ReaderPool(IndexState index)
{
    private readonly object _gate = new();
    private readonly Stack<RecordReader> _idle = new();
    private int _rented;
    private bool _closed;

    /// <summary>Lets somebody read the file as it is at this moment.</summary>
    /// <returns>False when the pool is closed.</returns>
    /// <exception cref="SqliteException">The file cannot be read, or is damaged.</exception>
    public bool TryRead(Action<RecordReader> work)
    {
        RecordReader? reader;
        lock (_gate)
        {
            if (_closed)
                return false;
            _rented++;
            _idle.TryPop(out reader);
        }

        var whole = false;
        try
        {
            reader ??= new(IndexFile.OpenToRead(index.Path), index.Spec.Element);
            reader.Begin();
            work(reader);
            reader.End();
            whole = true;
            return true;
        }
        finally
        {
            Return(reader, whole);
        }
    }

    /// <summary>Closes those that nobody uses.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            while (_idle.TryPop(out var reader))
                reader.Close(touch: false);
        }
    }

    /// <summary>Lends nothing more, and waits until everything is back.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            while (_rented > 0)
                Monitor.Wait(_gate);
            while (_idle.TryPop(out var reader))
                reader.Close(touch: false);
        }
    }

    private void Return(RecordReader? reader, bool whole)
    {
        if (!whole)
            reader?.Close(touch: false);
        lock (_gate)
        {
            _rented--;
            if (whole)
                _idle.Push(reader!);
            Monitor.PulseAll(_gate);
        }
    }
}
