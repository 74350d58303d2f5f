using System.Security.Cryptography;
using System.Text;

namespace Orrery.Training.Data;

/// <summary>
/// A file of texts with labels: CSV, TSV or JSON lines in UTF-8 (with or without a byte order mark) or UTF-16 (with
/// one). Rows are streamed, so the memory used does not depend on the number of rows.
/// </summary>
public sealed class LabelledFile
{
    /// <summary>The largest row, in bytes; what a single unclosed quote can make the reader hold.</summary>
    public const int MaxRowBytes = 16 * 1024 * 1024;

    private readonly LabelledFileOptions _options;
    private readonly TableFormat _format;

    /// <summary>Names a file; nothing is read yet.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What to read; null for the column <c>text</c> alone.</param>
    /// <exception cref="DataFormatException">The extension names no format and none is given.</exception>
    /// <exception cref="ArgumentException">No text column is given, or a column is given twice.</exception>
    public LabelledFile(string path, LabelledFileOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _options = options ?? new LabelledFileOptions();
        if (_options.TextColumns.Count == 0)
            throw new ArgumentException("at least one text column is needed", nameof(options));
        if (_options.Columns().GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ArgumentException($"column '{twice.Key}' is asked for twice", nameof(options));
        Path = path;
        _format = TableFormats.Choose(_options.Format, path);
    }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>Reads the rows, one at a time, from the beginning of the file.</summary>
    /// <param name="skip">How many rows to pass over: what was done before a stop. 0 or more.</param>
    /// <param name="cancellationToken">Ends the reading, with OperationCanceledException, between two rows.</param>
    /// <returns>The rows in the file's order. Enumerating twice reads the file twice.</returns>
    /// <exception cref="DataFormatException">
    /// While enumerating: a column is missing or there twice, a row has too few or too many fields, a quote is not closed or
    /// out of place, the bytes are not UTF-8, hold a NUL or are more than <see cref="MaxRowBytes"/> in a row, a line is no
    /// JSON object, a value is of the wrong kind, a text or label is empty, or there is no row at all.
    /// </exception>
    /// <exception cref="IOException">While enumerating: the file is missing or cannot be read.</exception>
    public IEnumerable<TextRow> Read(long skip = 0, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        return Rows(skip, cancellationToken);
    }

    /// <summary>The SHA-256 of the file's bytes.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public async Task<string> DigestAsync(CancellationToken cancellationToken = default)
    {
        var stream = Open();
        await using (stream)
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
    }

    private IEnumerable<TextRow> Rows(long skip, CancellationToken cancellationToken)
    {
        using var text = Decoded(Open());
        var records = _format == TableFormat.JsonLines
            ? JsonRecords.Read(Path, text, _options)
            : DelimitedRecords.Read(Path, text, _format, _options);
        long number = 0;
        foreach (var record in records)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (number++ >= skip)
                yield return Row(record, number - 1);
        }
        if (number == 0)
            throw new DataFormatException(Path, "there are no rows");
    }

    private TextRow Row(Record record, long number)
    {
        int texts = _options.TextColumns.Count, next = texts;
        for (int i = 0; i < texts; i++)
        {
            if (string.IsNullOrWhiteSpace(record.Values[i]))
                throw new DataFormatException(Path, "the text is empty", record.Line, _options.TextColumns[i]);
        }
        string? label = _options.LabelColumn is null ? null : record.Values[next++];
        if (label is not null && string.IsNullOrWhiteSpace(label))
            throw new DataFormatException(Path, "the label is empty", record.Line, _options.LabelColumn);
        string? id = _options.IdColumn is null ? null : record.Values[next++];
        return new TextRow(number, record.Line, record.Offset, record.Values[..texts], label, id)
        {
            Others = _options.OtherColumns.Count == 0 ? [] : Array.ConvertAll(record.Values[next..], value => value.Length == 0 ? null : value),
        };
    }

    private FileStream Open() => new(Path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.SequentialScan);

    // UTF-16 becomes UTF-8 here, so that one parser reads all. Its invalid surrogates become U+FFFD.
    private CheckedStream Decoded(FileStream file)
    {
        Span<byte> mark = stackalloc byte[2];
        int read = file.ReadAtLeast(mark, 2, throwOnEndOfStream: false);
        file.Position = 0;
        Encoding? wide = (read, mark[0], mark[1]) switch
        {
            (2, 0xFF, 0xFE) => Encoding.Unicode,
            (2, 0xFE, 0xFF) => Encoding.BigEndianUnicode,
            _ => null,
        };
        Stream bytes = wide is null ? file : Encoding.CreateTranscodingStream(file, wide, new UTF8Encoding(false));
        return new CheckedStream(bytes, Path);
    }
}

/// <summary>The values of the columns asked for, and where the row begins.</summary>
internal readonly record struct Record(long Line, long Offset, string[] Values);
