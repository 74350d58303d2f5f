using System.Globalization;
using System.Text;
using Orrery.Training.Metrics;
using static Orrery.Training.Reports.ReportText;

namespace Orrery.Training.Reports;

/// <summary>A report as one HTML page that needs nothing else: no script, no font, no network; light or dark as the reader's system is.</summary>
public static class HtmlReport
{
    /// <summary>Renders a report.</summary>
    /// <param name="report">What to tell.</param>
    /// <returns>The page.</returns>
    public static string Render(EvaluationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var html = new StringBuilder(64 * 1024);
        string title = Html(report.Title);
        html.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{title}</title>
            <style>
            {ReportStyle.Sheet}
            </style>
            </head>
            <body>
            <main>
            <h1>{title}</h1>

            """);
        if (report.Summary.Length > 0)
            html.Append("<p>").Append(Html(report.Summary)).Append("</p>\n");
        var evaluation = report.Evaluation;
        Headlines(html, evaluation);
        html.Append("<div class=\"facts\">\n");
        foreach (var facts in report.Facts)
            Table(html, ReportTables.Facts(facts));
        html.Append("</div>\n");
        Charts(html, evaluation);
        if (evaluation.Confusion.Names.Count > ReportTables.MatrixClasses)
            Table(html, ReportTables.Confusion(evaluation.Confusion));
        else
            HeatMap(html, evaluation.Confusion);
        Table(html, ReportTables.Thresholds(evaluation));
        Table(html, ReportTables.Classes(evaluation));
        Table(html, ReportTables.Folds(report.Folds));
        Table(html, ReportTables.Grid(report));
        html.Append("</main>\n</body>\n</html>\n");
        return html.ToString();
    }

    private static void Headlines(StringBuilder html, Evaluation evaluation)
    {
        html.Append("<dl class=\"headlines\">\n");
        foreach (var (name, value) in ReportTables.Headlines(evaluation))
            html.Append(CultureInfo.InvariantCulture, $"<div><dt>{Html(name)}</dt><dd>{Html(value)}</dd></div>\n");
        html.Append("</dl>\n");
    }

    private static void Charts(StringBuilder html, Evaluation evaluation)
    {
        bool two = evaluation.TrainedClasses == 2;
        html.Append("<section>\n<h2>Curves</h2>\n<div class=\"charts\">\n");
        Chart.Lines(html, "roc", "ROC", ("False positive rate", "True positive rate"), Curves.Roc(evaluation), "chance");
        Chart.Lines(html, "precision-recall", "Precision and recall", ("Recall", "Precision"), Curves.PrecisionRecall(evaluation), null);
        Chart.Calibration(html, evaluation.Calibration, ("Mean probability", two ? "Share of the class" : "Share told right"));
        html.Append("</div>\n</section>\n");
    }

    private static void HeatMap(StringBuilder html, ConfusionMatrix matrix)
    {
        var table = ReportTables.Confusion(matrix);
        var classes = matrix.Classes();
        Begin(html, table);
        html.Append("<table class=\"heat\">\n<thead><tr><th scope=\"col\">Actual \\ told</th>");
        foreach (string name in matrix.Names)
            html.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\" title=\"{Html(name)}\"><span>{Html(name)}</span></th>");
        html.Append("</tr></thead>\n<tbody>\n");
        for (int a = 0; a < matrix.Names.Count; a++)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Html(matrix.Names[a])}</th>");
            for (int p = 0; p < matrix.Names.Count; p++)
            {
                double share = classes[a].Support == 0 ? 0 : (double)matrix[a, p] / classes[a].Support;
                string style = (a == p, share >= 0.5) switch
                {
                    (true, true) => "right strong",
                    (true, false) => "right",
                    (false, true) => "wrong strong",
                    _ => matrix[a, p] == 0 ? "none" : "wrong",
                };
                html.Append(CultureInfo.InvariantCulture, $"<td class=\"{style}\" style=\"--share:{share * 100:0}%\" title=\"{Percent(share)} of the class\">{Count(matrix[a, p])}</td>");
            }
            html.Append("</tr>\n");
        }
        html.Append("</tbody>\n</table>\n");
        End(html);
    }

    private static void Table(StringBuilder html, ReportTable? table)
    {
        if (table is null)
            return;
        Begin(html, table);
        html.Append("<table>\n");
        if (table.Headers.Length > 0)
        {
            html.Append("<thead><tr>");
            for (int i = 0; i < table.Headers.Length; i++)
                html.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\"{(i < table.TextColumns ? "" : " class=\"number\"")}>{Html(table.Headers[i])}</th>");
            html.Append("</tr></thead>\n");
        }
        html.Append("<tbody>\n");
        foreach (string[] row in table.Rows)
        {
            html.Append("<tr>");
            for (int i = 0; i < row.Length; i++)
            {
                string cell = i == 0 && table.TextColumns > 0 ? "th scope=\"row\"" : i < table.TextColumns ? "td" : "td class=\"number\"";
                html.Append(CultureInfo.InvariantCulture, $"<{cell}>{Html(row[i])}</{cell[..2]}>");
            }
            html.Append("</tr>\n");
        }
        html.Append("</tbody>\n</table>\n");
        End(html);
    }

    private static void Begin(StringBuilder html, ReportTable table)
    {
        html.Append(CultureInfo.InvariantCulture, $"<section>\n<h2>{Html(table.Title)}</h2>\n");
        if (table.Note.Length > 0)
            html.Append("<p>").Append(Html(table.Note)).Append("</p>\n");
        html.Append("<div class=\"scroll\" tabindex=\"0\">\n");
    }

    private static void End(StringBuilder html) => html.Append("</div>\n</section>\n");
}
