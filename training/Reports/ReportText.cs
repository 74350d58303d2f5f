using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;

namespace Orrery.Training.Reports;

/// <summary>Numbers as a report shows them, and texts as its formats can hold them.</summary>
internal static class ReportText
{
    private static readonly SearchValues<char> MarkdownMarks = SearchValues.Create("\\`*_[]<>#|~&$!");

    /// <summary>Four decimals; a dash for what is not defined.</summary>
    internal static string Number(double value) =>
        double.IsFinite(value) ? value.ToString("0.0000", CultureInfo.InvariantCulture) : "–";

    /// <summary>A whole number.</summary>
    internal static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share in per cent with one decimal; a dash for what is not defined.</summary>
    internal static string Percent(double share) =>
        double.IsFinite(share) ? (share * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %" : "–";

    /// <summary>A text that stands in HTML, also in an attribute's quotes.</summary>
    internal static string Html(string text) => WebUtility.HtmlEncode(Printable(text));

    /// <summary>A text that stands in one line of Markdown, also in a table's cell.</summary>
    internal static string Markdown(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        foreach (char c in Printable(text))
        {
            if (MarkdownMarks.Contains(c))
                escaped.Append('\\');
            escaped.Append(c is '\n' or '\r' or '\t' ? ' ' : c);
        }
        return escaped.ToString();
    }

    // Other control characters are no characters of HTML, and would hide in a terminal.
    private static string Printable(string text) => text.AsSpan().IndexOfAnyInRange('\0', '\u001f') < 0 && !text.Any(char.IsControl)
        ? text
        : string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t') ? '\uFFFD' : c));
}
