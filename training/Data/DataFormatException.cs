using System.Globalization;

namespace Orrery.Training.Data;

/// <summary>A file is not what it must be. The message names the file, the line and the column as far as they are known.</summary>
public sealed class DataFormatException : FormatException
{
    internal DataFormatException(string file, string problem, long? line = null, string? column = null, Exception? inner = null)
        : base(Describe(file, problem, line, column), inner) =>
        (File, Problem, Line, Column) = (file, problem, line, column);

    /// <summary>The path as it was given.</summary>
    public string File { get; }

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; }

    /// <summary>The line, from 1, where the row begins that is wrong; null when it is the file as a whole.</summary>
    public long? Line { get; }

    /// <summary>The name of the column, or null.</summary>
    public string? Column { get; }

    private static string Describe(string file, string problem, long? line, string? column)
    {
        string place = line is null ? file : string.Create(CultureInfo.InvariantCulture, $"{file}, line {line}");
        return column is null ? $"{place}: {problem}" : $"{place}, column '{column}': {problem}";
    }
}
