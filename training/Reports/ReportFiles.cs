namespace Orrery.Training.Reports;

/// <summary>Writes reports.</summary>
public static class ReportFiles
{
    /// <summary>Writes <c>report.md</c> and <c>report.html</c>, each whole or not at all.</summary>
    /// <param name="report">What to tell.</param>
    /// <param name="directory">Where; made when it is missing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The disk is full or fails. A report that was there stays.</exception>
    public static async Task WriteAsync(EvaluationReport report, string directory, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        Directory.CreateDirectory(directory);
        await AtomicFile.WriteAsync(Path.Combine(directory, "report.md"), MarkdownReport.Render(report), cancellationToken);
        await AtomicFile.WriteAsync(Path.Combine(directory, "report.html"), HtmlReport.Render(report), cancellationToken);
    }
}
