namespace Orrery.Training.Data;

/// <summary>How rows are written in a file.</summary>
public enum TableFormat
{
    /// <summary>Comma-separated values, RFC 4180: quoted fields may hold commas, quotes written twice, and line breaks.</summary>
    Csv,

    /// <summary>Tab-separated values, with the quoting of RFC 4180 (as spreadsheets and pandas write them).</summary>
    Tsv,

    /// <summary>JSON lines: one object a line, <see href="https://jsonlines.org/"/>.</summary>
    JsonLines,
}

/// <summary>Names of formats.</summary>
public static class TableFormats
{
    /// <summary>The format that a path's extension names: .csv; .tsv or .tab; .jsonl, .ndjson or .json.</summary>
    /// <param name="path">A path; the file need not exist.</param>
    /// <returns>The format, or null when the extension says nothing.</returns>
    public static TableFormat? OfPath(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" => TableFormat.Csv,
        ".tsv" or ".tab" => TableFormat.Tsv,
        ".jsonl" or ".ndjson" or ".json" => TableFormat.JsonLines,
        _ => null,
    };

    /// <summary>The format that a word names: csv, tsv or jsonl, in any case.</summary>
    /// <param name="name">The word.</param>
    /// <returns>The format, or null when the word names none.</returns>
    public static TableFormat? OfName(string name) => OfPath("." + name);

    /// <summary>The format given, or the one of the path.</summary>
    /// <exception cref="DataFormatException">Neither is known.</exception>
    internal static TableFormat Choose(TableFormat? given, string path) => given ?? OfPath(path)
        ?? throw new DataFormatException(path, "the extension names no format; name one of csv, tsv, jsonl, or use such an extension");
}
