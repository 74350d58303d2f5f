namespace Orrery.Training.Data;

/// <summary>One row of a <see cref="LabelledFile"/>.</summary>
/// <param name="Number">The row's place among the rows, from 0; what <see cref="LabelledFile.Read"/> takes to go on after a stop.</param>
/// <param name="Line">The line where it begins, from 1, header and empty lines counted.</param>
/// <param name="Offset">The byte where it begins, from 0, in the file's UTF-8 form with its byte order mark.</param>
/// <param name="Texts">The texts, in the order of <see cref="LabelledFileOptions.TextColumns"/>; none is empty or white space only.</param>
/// <param name="Label">The label, or null when no label column was asked for.</param>
/// <param name="Id">The identifier, or null when no identifier column was asked for. May be empty.</param>
public sealed record TextRow(long Number, long Line, long Offset, string[] Texts, string? Label, string? Id)
{
    /// <summary>The first text.</summary>
    public string Text => Texts[0];

    /// <summary>The values of <see cref="LabelledFileOptions.OtherColumns"/>; null where a row has none: an empty field, or in JSON lines none or null.</summary>
    public IReadOnlyList<string?> Others { get; init; } = [];
}

/// <summary>What to read from a file.</summary>
public sealed record LabelledFileOptions
{
    /// <summary>The format; null for the one that the extension names.</summary>
    public TableFormat? Format { get; init; }

    /// <summary>The columns that hold texts, one or more.</summary>
    public IReadOnlyList<string> TextColumns { get; init; } = ["text"];

    /// <summary>The column that holds the label, or null for none.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>The column that holds an identifier, or null for none.</summary>
    public string? IdColumn { get; init; }

    /// <summary>Columns whose values are carried along. Each row may lack them, though not the header.</summary>
    public IReadOnlyList<string> OtherColumns { get; init; } = [];

    /// <summary>Whether the first row of CSV and TSV names the columns. When not, they are named 1, 2, 3 and so on.</summary>
    public bool HasHeader { get; init; } = true;

    /// <summary>The columns that are read: texts, label, identifier, others.</summary>
    internal string[] Columns() => [.. TextColumns, .. LabelColumn is null ? [] : (string[])[LabelColumn], .. IdColumn is null ? [] : (string[])[IdColumn], .. OtherColumns];
}
