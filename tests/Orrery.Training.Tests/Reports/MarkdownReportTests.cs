using System.Text.RegularExpressions;
using Orrery.Training.Reports;

namespace Orrery.Training.Tests.Reports;

public sealed partial class MarkdownReportTests
{
    [Fact]
    public void Has_a_table_for_all_that_was_measured()
    {
        string text = MarkdownReport.Render(Samples.Report(2, 300, unseen: "new"));

        string[] headings = [.. text.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..])];
        Assert.Equal(["Result", "Data", "Training", "Classes", "Confusion matrix", "Thresholds", "Calibration", "Cross-validation", "Grid search"], headings);
        Assert.Contains("| new (not trained) | 0.0000 | 0.0000 | 0.0000 | 30 |", text, StringComparison.Ordinal);
        Assert.Contains("30 rows have labels that training did not know", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_grid_is_listed_best_first()
    {
        string text = MarkdownReport.Render(Samples.Report(3, 100));

        Assert.Contains("Chosen: c=10 pca=0.95.", text, StringComparison.Ordinal);
        Assert.True(text.IndexOf("| c=10 pca=0.95", StringComparison.Ordinal) < text.IndexOf("| c=1 pca=none", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(30)]
    public void Text_from_data_breaks_no_table(int classes)
    {
        var report = Samples.Report(classes, 200, c => $"{Samples.Hostile}{c}") with { Title = Samples.Hostile, Summary = Samples.Hostile };

        string text = MarkdownReport.Render(report);

        Assert.DoesNotContain("<script>", Unescaped().Replace(text, ""), StringComparison.Ordinal);
        int columns = 0;
        foreach (string line in text.Split('\n'))
        {
            int cells = line.StartsWith('|') ? Unescaped().Replace(line, "").Count(c => c == '|') : 0;
            Assert.True(columns == 0 || cells == 0 || cells == columns, line);
            columns = cells;
        }
    }

    // A backslash and what it escapes.
    [GeneratedRegex(@"\\.")]
    private static partial Regex Unescaped();
}
