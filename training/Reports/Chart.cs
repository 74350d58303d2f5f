using System.Globalization;
using System.Text;
using Orrery.Training.Metrics;
using static Orrery.Training.Reports.ReportText;

namespace Orrery.Training.Reports;

/// <summary>
/// A square chart from 0 to 1 both ways, as a figure with an inline SVG. Names stand in the legend under it, where any
/// length has room; the SVG itself holds only the numbers and names of its axes.
/// </summary>
internal static class Chart
{
    private const int Left = 52, Top = 12, Size = 320, Width = Left + Size + 16, Height = Top + Size + 52;

    // How high the bars of the calibration chart may grow.
    private const double BarShare = 0.3;

    /// <summary>Lines.</summary>
    /// <param name="html">Where it is written.</param>
    /// <param name="id">A word that no other chart of the page has.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="axes">The names of the axes.</param>
    /// <param name="lines">The lines; none for a figure that says so.</param>
    /// <param name="diagonal">What the diagonal means, or null for none.</param>
    internal static void Lines(StringBuilder html, string id, string title, (string X, string Y) axes, IReadOnlyList<Series> lines, string? diagonal)
    {
        string description = lines.Count == 0 ? "There are not enough rows of both sides for a curve." : $"{axes.Y} over {axes.X}: {string.Join("; ", lines.Select(line => line.Name))}.";
        Begin(html, id, title, axes, description, diagonal is not null);
        for (int i = lines.Count - 1; i >= 0; i--)
            Line(html, i, lines[i].Points);
        html.Append("</svg>\n");
        End(html, [.. lines.Select((line, i) => (i, line.Name))], diagonal, lines.Count == 0 ? description : "");
    }

    /// <summary>Shares over probabilities, with bars that show where the rows are.</summary>
    internal static void Calibration(StringBuilder html, Calibration calibration, (string X, string Y) axes)
    {
        string description = calibration.Bins.Count == 0 ? "There are no rows." : $"{axes.Y} over {axes.X}, in {calibration.Bins.Count} bins; expected calibration error {Number(calibration.ExpectedError)}.";
        Begin(html, "calibration", "Calibration", axes, description, diagonal: true);
        int most = calibration.Bins.Select(bin => bin.Rows).DefaultIfEmpty(1).Max();
        foreach (var bin in calibration.Bins)
        {
            double height = BarShare * bin.Rows / most;
            html.Append(CultureInfo.InvariantCulture, $"<rect class=\"bar\" x=\"{X(bin.Predicted) - 8:0.#}\" y=\"{Y(height):0.#}\" width=\"16\" height=\"{height * Size:0.#}\"/>");
        }
        Line(html, 0, [.. calibration.Bins.Select(bin => (bin.Predicted, bin.Actual))]);
        foreach (var bin in calibration.Bins)
            html.Append(CultureInfo.InvariantCulture, $"<circle class=\"dot\" cx=\"{X(bin.Predicted):0.#}\" cy=\"{Y(bin.Actual):0.#}\" r=\"4\"><title>{Number(bin.Predicted)} → {Number(bin.Actual)}, {Count(bin.Rows)} rows</title></circle>");
        html.Append("</svg>\n");
        End(html, [(0, $"measured (error {Number(calibration.ExpectedError)})")], "calibrated perfectly", $"Bars: rows in each bin, at most {Count(calibration.Bins.Count == 0 ? 0 : most)}.");
    }

    private static void Begin(StringBuilder html, string id, string title, (string X, string Y) axes, string description, bool diagonal)
    {
        html.Append(CultureInfo.InvariantCulture, $"""
            <figure>
            <h3>{Html(title)}</h3>
            <svg viewBox="0 0 {Width} {Height}" role="img" aria-labelledby="{id}-title {id}-desc">
            <title id="{id}-title">{Html(title)}</title>
            <desc id="{id}-desc">{Html(description)}</desc>

            """);
        for (int i = 0; i <= 5; i++)
        {
            double value = i / 5.0;
            html.Append(CultureInfo.InvariantCulture, $"<path class=\"grid\" d=\"M{X(value):0.#} {Y(0):0.#}V{Y(1):0.#}M{X(0):0.#} {Y(value):0.#}H{X(1):0.#}\"/>");
            html.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(value):0.#}\" y=\"{Y(0) + 18:0.#}\" text-anchor=\"middle\">{value:0.0}</text>");
            html.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(0) - 8:0.#}\" y=\"{Y(value) + 4:0.#}\" text-anchor=\"end\">{value:0.0}</text>\n");
        }
        html.Append(CultureInfo.InvariantCulture, $"<text class=\"axis\" x=\"{X(0.5):0.#}\" y=\"{Height - 8}\" text-anchor=\"middle\">{Html(axes.X)}</text>");
        html.Append(CultureInfo.InvariantCulture, $"<text class=\"axis\" transform=\"translate(14 {Y(0.5):0.#}) rotate(-90)\" text-anchor=\"middle\">{Html(axes.Y)}</text>\n");
        if (diagonal)
            html.Append(CultureInfo.InvariantCulture, $"<path class=\"diagonal\" d=\"M{X(0):0.#} {Y(0):0.#}L{X(1):0.#} {Y(1):0.#}\"/>\n");
    }

    private static void Line(StringBuilder html, int number, IReadOnlyList<(double X, double Y)> points)
    {
        html.Append(CultureInfo.InvariantCulture, $"<polyline class=\"line c{number}\" points=\"");
        for (int i = 0; i < points.Count; i++)
            html.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : " ")}{X(points[i].X):0.#},{Y(points[i].Y):0.#}");
        html.Append("\"/>\n");
    }

    private static void End(StringBuilder html, IReadOnlyList<(int Number, string Name)> legend, string? diagonal, string note)
    {
        html.Append("<figcaption><ul>");
        foreach (var (number, name) in legend)
            html.Append(CultureInfo.InvariantCulture, $"<li>{Swatch($"line c{number}")}{Html(name)}</li>");
        if (diagonal is not null)
            html.Append(CultureInfo.InvariantCulture, $"<li>{Swatch("diagonal")}{Html(diagonal)}</li>");
        html.Append("</ul>");
        if (note.Length > 0)
            html.Append("<p>").Append(Html(note)).Append("</p>");
        html.Append("</figcaption>\n</figure>\n");
    }

    private static string Swatch(string style) =>
        $"<svg class=\"swatch\" viewBox=\"0 0 28 8\" aria-hidden=\"true\"><path class=\"{style}\" d=\"M0 4H28\"/></svg>";

    private static double X(double value) => Left + value * Size;
    private static double Y(double value) => Top + (1 - value) * Size;
}
