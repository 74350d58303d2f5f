using System.Globalization;
using CsvHelper;

namespace Orrery.Training.Data;

/// <summary>Reads the records of CSV and TSV.</summary>
internal static class DelimitedRecords
{
    internal static IEnumerable<Record> Read(string file, Stream text, TableFormat format, LabelledFileOptions options)
    {
        // What is malformed is kept here and refused at the record; the parser goes on, which harms nobody then.
        CsvMalformedRecord? malformed = null;
        using var reader = CsvReader.Create(text, new CsvReaderOptions
        {
            Separator = format == TableFormat.Csv ? ',' : '\t',
            HasHeader = false,
            DetectSeparatorHint = false,
            TrackLineNumbers = true,
            MaxRecordSize = LabelledFile.MaxRowBytes,
            OnMalformedRecord = record => malformed ??= record,
        }, leaveOpen: true);
        int[]? columns = null;
        int fields = 0;
        while (Next(file, reader))
        {
            if (malformed is { } wrong)
                throw new DataFormatException(file, Describe(wrong.Reason), wrong.LineNumber);
            if (columns is null)
            {
                string[] names = Names(reader, options.HasHeader);
                fields = names.Length;
                columns = Find(file, names, options, reader.LineNumber);
                if (options.HasHeader)
                    continue;
            }
            if (reader.FieldCount != fields)
                throw new DataFormatException(file, Count(reader.FieldCount, fields, options.HasHeader), reader.LineNumber);
            var values = new string[columns.Length];
            for (int i = 0; i < values.Length; i++)
                values[i] = reader.GetString(columns[i]);
            yield return new Record(reader.LineNumber, reader.ByteOffset, values);
        }
        if (malformed is { } last)
            throw new DataFormatException(file, Describe(last.Reason), last.LineNumber);
    }

    /// <summary>The fields of the first record; none when there is no record.</summary>
    internal static string[] FirstNames(Stream text, TableFormat format)
    {
        using var reader = CsvReader.Create(text, new CsvReaderOptions
        {
            Separator = format == TableFormat.Csv ? ',' : '\t',
            HasHeader = false,
            DetectSeparatorHint = false,
        }, leaveOpen: true);
        return reader.Read() ? Names(reader, header: true) : [];
    }

    private static bool Next(string file, CsvReader reader)
    {
        try
        {
            return reader.Read();
        }
        catch (CsvFormatException too)
        {
            throw new DataFormatException(
                file, $"the row is larger than {LabelledFile.MaxRowBytes} bytes; is a quote not closed?", too.LineNumber == 0 ? null : too.LineNumber, inner: too);
        }
    }

    private static string[] Names(CsvReader reader, bool header)
    {
        var names = new string[reader.FieldCount];
        for (int i = 0; i < names.Length; i++)
            names[i] = header ? reader.GetString(i) : (i + 1).ToString(CultureInfo.InvariantCulture);
        return names;
    }

    private static int[] Find(string file, string[] names, LabelledFileOptions options, long line)
    {
        string[] wanted = options.Columns();
        var found = new int[wanted.Length];
        for (int i = 0; i < found.Length; i++)
        {
            found[i] = Array.IndexOf(names, wanted[i]);
            if (found[i] < 0)
                throw new DataFormatException(file, $"there is no column '{wanted[i]}'; there are {Columns.List(names)}", line);
        }
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (!known.Add(name))
                throw new DataFormatException(file, $"the column '{name}' is there twice", line);
        }
        return found;
    }

    private static string Count(int fields, int columns, bool header) => string.Create(CultureInfo.InvariantCulture,
        $"the row has {fields} field{(fields == 1 ? "" : "s")}; {(header ? "the header" : "the first row")} has {columns}");

    private static string Describe(CsvMalformedReason reason) => reason switch
    {
        CsvMalformedReason.UnterminatedQuote => "a quoted field is not closed",
        CsvMalformedReason.TextAfterClosingQuote => "text follows the closing quote of a field; a quote inside a quoted field is written twice",
        CsvMalformedReason.StrayQuote => "a quote stands inside a field that is not quoted; quote the field and write the quote twice",
        _ => "the quotes are malformed",
    };
}

/// <summary>Names of columns in messages.</summary>
internal static class Columns
{
    private const int Shown = 30;

    /// <summary>The names in quotes; of very many the first ones.</summary>
    internal static string List(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(Shown).Select(name => $"'{name}'")) + (names.Count > Shown ? ", ..." : "");
}
