using System.Text;
using static Orrery.Training.Reports.ReportText;

namespace Orrery.Training.Reports;

/// <summary>A report as Markdown with tables (CommonMark and GitHub's tables).</summary>
public static class MarkdownReport
{
    /// <summary>Renders a report.</summary>
    /// <param name="report">What to tell.</param>
    /// <returns>Markdown with LF line ends. The curves are in the HTML report only: Markdown has no drawings of its own.</returns>
    public static string Render(EvaluationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder();
        text.Append("# ").Append(Markdown(report.Title)).Append("\n\n");
        if (report.Summary.Length > 0)
            text.Append(Markdown(report.Summary)).Append("\n\n");
        var evaluation = report.Evaluation;
        Append(text, new ReportTable("Result", "", [], [.. ReportTables.Headlines(evaluation).Select(pair => new[] { pair.Name, pair.Value })]));
        foreach (var facts in report.Facts)
            Append(text, ReportTables.Facts(facts));
        Append(text, ReportTables.Classes(evaluation));
        Append(text, ReportTables.Confusion(evaluation.Confusion));
        Append(text, ReportTables.Thresholds(evaluation));
        Append(text, ReportTables.Calibration(evaluation));
        Append(text, ReportTables.Folds(report.Folds));
        Append(text, ReportTables.Grid(report));
        text.Append("The ROC, precision-recall and calibration curves are in report.html.\n");
        return text.ToString();
    }

    private static void Append(StringBuilder text, ReportTable? table)
    {
        if (table is null)
            return;
        text.Append("## ").Append(Markdown(table.Title)).Append("\n\n");
        if (table.Note.Length > 0)
            text.Append(Markdown(table.Note)).Append("\n\n");
        if (table.Rows.Count == 0)
        {
            text.Append("None.\n\n");
            return;
        }
        int columns = table.Rows[0].Length;
        Append(text, table.Headers.Length > 0 ? table.Headers : new string[columns]);
        for (int i = 0; i < columns; i++)
            text.Append(i < table.TextColumns ? "|---" : "|---:");
        text.Append("|\n");
        foreach (string[] row in table.Rows)
            Append(text, row);
        text.Append('\n');
    }

    private static void Append(StringBuilder text, string[] cells)
    {
        foreach (string cell in cells)
            text.Append("| ").Append(Markdown(cell ?? "")).Append(' ');
        text.Append("|\n");
    }
}
