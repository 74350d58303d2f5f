using System.Buffers;

namespace Orrery.Training.Data;

/// <summary>Finds what is whole in a file that may have been torn at any byte while it was written.</summary>
internal static class CompleteRows
{
    /// <summary>
    /// The length up to the last complete row, and the rows. A row is complete when its line end is there; in CSV and TSV
    /// a line break inside quotes ends no row, and as each quote inside quotes is written twice, it is inside when an odd
    /// number of quotes came before.
    /// </summary>
    /// <exception cref="DataFormatException">The file is complete up to its columns, and they are others.</exception>
    internal static (long Length, long Rows) Find(FileStream file, string path, RowEncoding encoding)
    {
        bool delimited = encoding.Format != TableFormat.JsonLines;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        long offset = 0, length = 0, rows = 0;
        bool quoted = false;
        int read;
        file.Position = 0;
        while ((read = file.Read(buffer)) > 0)
        {
            var rest = buffer.AsSpan(0, read);
            while (true)
            {
                int at = delimited ? rest.IndexOfAny((byte)'"', (byte)'\n') : rest.IndexOf((byte)'\n');
                if (at < 0)
                    break;
                if (rest[at] == '"')
                    quoted = !quoted;
                else if (!quoted)
                    (length, rows) = (offset + (read - rest.Length) + at + 1, rows + 1);
                rest = rest[(at + 1)..];
            }
            offset += read;
        }
        ArrayPool<byte>.Shared.Return(buffer);
        if (rows > 0)
            CheckColumns(file, path, encoding);
        else if (offset > 0 && !IsTornStart(file, encoding))
            throw new DataFormatException(path, "the output exists already and has no complete row that could be kept; remove it or name another");
        return (length, delimited && rows > 0 ? rows - 1 : rows);
    }

    // The first row must be the one that would be written: the header, or an object with these names.
    private static void CheckColumns(FileStream file, string path, RowEncoding encoding)
    {
        string[] names;
        try
        {
            names = FirstNames(file, encoding.Format);
        }
        catch (DataFormatException)
        {
            names = [];
        }
        if (!names.SequenceEqual(encoding.Names))
            throw new DataFormatException(path, $"the output exists already with other columns: it has {Columns.List(names)}, and would be given {Columns.List(encoding.Names)}");
    }

    private static string[] FirstNames(FileStream file, TableFormat format)
    {
        file.Position = 0;
        if (format == TableFormat.JsonLines)
            return JsonRecords.FirstNames(file.Name, file);
        return DelimitedRecords.FirstNames(file, format);
    }

    // Torn before the first row was whole: the beginning of the header, or of an object.
    private static bool IsTornStart(FileStream file, RowEncoding encoding)
    {
        var header = new ArrayBufferWriter<byte>();
        encoding.Header(header);
        var expected = encoding.Format == TableFormat.JsonLines ? "{"u8 : header.WrittenSpan;
        byte[] there = new byte[Math.Min(file.Length, expected.Length)];
        file.Position = 0;
        file.ReadExactly(there);
        return expected.StartsWith(there) && (encoding.Format == TableFormat.JsonLines || file.Length <= expected.Length);
    }
}
