using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Orrery.Training.Reports;

namespace Orrery.Training.Tests.Reports;

public sealed partial class HtmlReportTests
{
    [Theory]
    [InlineData(2, 300)]
    [InlineData(5, 300)]
    [InlineData(20, 300)]
    [InlineData(77, 3000)]
    public void Every_element_is_closed_and_every_id_is_there_once(int classes, int rows)
    {
        var page = Parse(HtmlReport.Render(Samples.Report(classes, rows)));

        string[] ids = [.. page.Descendants().Attributes("id").Select(id => id.Value)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        foreach (var drawing in page.Descendants("figure").Elements("svg"))
        {
            string[] named = drawing.Attribute("aria-labelledby")!.Value.Split(' ');
            Assert.Equal(named, (string[])[drawing.Element("title")!.Attribute("id")!.Value, drawing.Element("desc")!.Attribute("id")!.Value]);
            Assert.NotEmpty(drawing.Element("desc")!.Value);
        }
        Assert.Equal(3, page.Descendants("figure").Count());
    }

    [Fact]
    public void Needs_nothing_from_elsewhere()
    {
        string page = HtmlReport.Render(Samples.Report(5, 300));

        Assert.DoesNotContain("http:", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https:", page, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(30)]
    public void Text_from_data_stays_text(int classes)
    {
        var report = Samples.Report(classes, 200, c => $"{Samples.Hostile}{c}", unseen: Samples.Hostile) with
        {
            Title = Samples.Hostile,
            Summary = Samples.Hostile,
            Facts = [new ReportFacts(Samples.Hostile, [(Samples.Hostile, Samples.Hostile)])],
        };

        var page = Parse(HtmlReport.Render(report));

        Assert.Empty(page.Descendants("script"));
        Assert.Equal(Samples.Hostile.Replace('\u0001', '\uFFFD'), page.Descendants("h1").Single().Value);
    }

    [Fact]
    public void Up_to_twenty_classes_are_a_matrix_whose_cells_are_counts()
    {
        var report = Samples.Report(20, 300);
        var page = Parse(HtmlReport.Render(report));

        var matrix = page.Descendants("table").Single(table => (string?)table.Attribute("class") == "heat");
        int[] cells = [.. matrix.Descendants("td").Select(cell => int.Parse(cell.Value, CultureInfo.InvariantCulture))];
        Assert.Equal(400, cells.Length);
        Assert.Equal(300, cells.Sum());
        Assert.Equal(report.Evaluation.Confusion[3, 4], cells[3 * 20 + 4]);
    }

    [Fact]
    public void Many_classes_are_a_list_of_the_most_confused()
    {
        var page = Parse(HtmlReport.Render(Samples.Report(77, 3000)));

        Assert.DoesNotContain(page.Descendants("table"), table => (string?)table.Attribute("class") == "heat");
        var section = page.Descendants("section").Single(section => section.Element("h2")!.Value == "Most confused classes");
        int[] counts = [.. section.Descendants("tbody").Elements("tr").Select(row => int.Parse(row.Elements().ElementAt(2).Value, CultureInfo.InvariantCulture))];
        Assert.Equal(30, counts.Length);
        Assert.Equal(counts.OrderDescending(), counts);
    }

    [Theory]
    [InlineData(2, 20_000, 1)]
    [InlineData(6, 3_000, 6)]
    [InlineData(77, 6_000, 6)]
    public void Curves_are_thinned_and_keep_their_ends(int classes, int rows, int lines)
    {
        var page = Parse(HtmlReport.Render(Samples.Report(classes, rows)));

        var roc = page.Descendants("figure").First();
        string[][] curves = [.. roc.Descendants("polyline").Select(line => line.Attribute("points")!.Value.Split(' '))];
        Assert.Equal(lines, curves.Length);
        Assert.All(curves, points => Assert.InRange(points.Length, 2, 200));
        // The corners of the chart, where every ROC curve begins and ends.
        Assert.All(curves, points => Assert.Equal(("52,332", "372,12"), (points[0], points[^1])));
        Assert.Equal(lines + 1, roc.Descendants("li").Count());
    }

    [Fact]
    public void Texts_of_a_chart_do_not_overlap()
    {
        var drawings = Parse(HtmlReport.Render(Samples.Report(5, 300))).Descendants("figure").Elements("svg");

        foreach (var drawing in drawings)
        {
            double[] view = [.. drawing.Attribute("viewBox")!.Value.Split(' ').Select(Number)];
            var boxes = drawing.Elements("text").Select(Box).ToList();
            Assert.All(boxes, box => Assert.True(box.Left >= 0 && box.Top >= 0 && box.Right <= view[2] && box.Bottom <= view[3], $"{box} leaves {view[2]} x {view[3]}"));
            for (int a = 0; a < boxes.Count; a++)
            {
                for (int b = 0; b < a; b++)
                    Assert.False(boxes[a].Left < boxes[b].Right && boxes[b].Left < boxes[a].Right && boxes[a].Top < boxes[b].Bottom && boxes[b].Top < boxes[a].Bottom, $"{boxes[a]} and {boxes[b]}");
            }
        }
    }

    [Fact]
    public void Says_so_where_there_is_no_curve()
    {
        var page = Parse(HtmlReport.Render(Samples.Report(2, 1)));

        Assert.Contains("not enough rows", page.Descendants("figure").First().Value, StringComparison.Ordinal);
    }

    // The box of a text, by widths that no sans-serif font exceeds for digits and short words.
    private static (double Left, double Top, double Right, double Bottom, string Text) Box(XElement text)
    {
        double width = text.Value.Length * 7.5;
        if ((string?)text.Attribute("transform") is { } turned)
        {
            double[] at = [.. Decimals().Matches(turned).Select(match => Number(match.Value))];
            return (at[0] - 12, at[1] - width / 2, at[0] + 3, at[1] + width / 2, text.Value);
        }
        double x = Number(text.Attribute("x")!.Value), y = Number(text.Attribute("y")!.Value);
        double left = (string?)text.Attribute("text-anchor") == "middle" ? x - width / 2 : x - width;
        return (left, y - 11, left + width, y + 3, text.Value);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    // All elements are closed but HTML's void ones, so the page without those is XML.
    private static XElement Parse(string html) =>
        XDocument.Parse(VoidElements().Replace(html["<!DOCTYPE html>".Length..], "")).Root!;

    [GeneratedRegex("<meta [^>]*>")]
    private static partial Regex VoidElements();

    [GeneratedRegex(@"-?[0-9.]+")]
    private static partial Regex Decimals();
}
