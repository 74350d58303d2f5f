using System.Buffers;

namespace Orrery.Training.Data;

/// <summary>A column of a <see cref="ScoredFile"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsNumber">Whether JSON lines hold its values as numbers: each is then a JSON number, or empty for none (null).</param>
public sealed record ScoredColumn(string Name, bool IsNumber = false);

/// <summary>
/// Rows written one after the other, so that the work can be stopped at any byte and go on: opened again, the file keeps
/// the rows that are complete, and a row torn at the end is cut off. CSV is RFC 4180 (CRLF, quotes only where needed);
/// TSV quotes like it and ends lines in LF; JSON lines are objects. UTF-8 without byte order mark. Not for several threads.
/// </summary>
public sealed class ScoredFile : IDisposable
{
    private const int WriteSize = 64 * 1024;

    private readonly FileStream _file;
    private readonly RowEncoding _encoding;
    private readonly ArrayBufferWriter<byte> _pending = new(WriteSize * 2);
    private long _length;

    private ScoredFile(FileStream file, RowEncoding encoding, long rows)
    {
        (_file, _encoding, Rows) = (file, encoding, rows);
        _length = file.Length;
    }

    /// <summary>The complete rows: those found when it was opened and those appended.</summary>
    public long Rows { get; private set; }

    /// <summary>Opens or makes a file to append to. No other process can open it so until it is disposed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">The columns, one or more, with different names.</param>
    /// <param name="format">The format; null for the one that the extension names.</param>
    /// <param name="resume">Whether rows that are there are kept. When not, the file is emptied.</param>
    /// <returns>The file; <see cref="Rows"/> says how many rows to skip.</returns>
    /// <exception cref="DataFormatException">It has other columns, or no format is known. The file is left as it is.</exception>
    /// <exception cref="IOException">It cannot be opened or written.</exception>
    public static ScoredFile Open(string path, IReadOnlyList<ScoredColumn> columns, TableFormat? format = null, bool resume = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Count == 0 || columns.DistinctBy(column => column.Name).Count() < columns.Count)
            throw new ArgumentException("columns must be one or more, with different names", nameof(columns));
        var encoding = new RowEncoding(TableFormats.Choose(format, path), columns);
        var file = new FileStream(path, resume ? FileMode.OpenOrCreate : FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        try
        {
            var (length, rows) = resume ? CompleteRows.Find(file, path, encoding) : default;
            file.SetLength(length);
            file.Position = length;
            var scored = new ScoredFile(file, encoding, rows);
            if (length == 0)
            {
                encoding.Header(scored._pending);
                scored.Flush();
            }
            return scored;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Appends a row. It reaches the file with later rows, or at the next <see cref="Flush"/>.</summary>
    /// <param name="values">A value for each column.</param>
    /// <exception cref="ArgumentException">There are more or fewer values than columns, or the value of a number column is no number.</exception>
    /// <exception cref="IOException">The disk is full or fails; see <see cref="Flush"/>.</exception>
    public void Append(params ReadOnlySpan<string> values)
    {
        _encoding.Row(_pending, values);
        Rows++;
        if (_pending.WrittenCount >= WriteSize)
            Flush();
    }

    /// <summary>Hands all appended rows to the operating system: a kill of this process no longer loses them.</summary>
    /// <exception cref="IOException">
    /// The disk is full or fails. The file is cut back to the rows of the last flush, as far as it still lets itself be cut.
    /// </exception>
    public void Flush()
    {
        if (_pending.WrittenCount == 0)
            return;
        try
        {
            _file.Write(_pending.WrittenSpan);
            _length += _pending.WrittenCount;
        }
        catch (IOException)
        {
            // The rows are given up, so that disposing does not try them again and hide this exception with its own.
            _file.SetLength(_length);
            throw;
        }
        finally
        {
            _pending.ResetWrittenCount();
        }
    }

    /// <summary>Flushes and closes.</summary>
    /// <exception cref="IOException">As <see cref="Flush"/>; the file is closed all the same.</exception>
    public void Dispose()
    {
        try
        {
            Flush();
        }
        finally
        {
            _file.Dispose();
        }
    }
}
