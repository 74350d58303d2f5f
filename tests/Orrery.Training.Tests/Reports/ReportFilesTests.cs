using System.Diagnostics;
using Orrery.Training.Data;
using Orrery.Training.Reports;
using Xunit.Abstractions;

namespace Orrery.Training.Tests.Reports;

public sealed class ReportFilesTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-reports").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Writes_both_reports_and_replaces_older_ones()
    {
        string folder = Path.Combine(_folder, "new", "one");
        await ReportFiles.WriteAsync(Samples.Report(2, 50), folder);
        await ReportFiles.WriteAsync(Samples.Report(3, 50) with { Title = "second" }, folder);

        Assert.Equal(["report.html", "report.md"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        Assert.StartsWith("# second\n", await File.ReadAllTextAsync(Path.Combine(folder, "report.md")), StringComparison.Ordinal);
        Assert.Contains("<h1>second</h1>", await File.ReadAllTextAsync(Path.Combine(folder, "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_replaced_leaves_nothing_behind()
    {
        string path = Path.Combine(_folder, "taken");
        Directory.CreateDirectory(Path.Combine(path, "by a folder"));

        await Assert.ThrowsAnyAsync<Exception>(() => AtomicFile.WriteAsync(path, "text"));

        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_full_disk_leaves_the_older_report_and_no_part_of_the_newer()
    {
        string disk = Directory.CreateDirectory(Path.Combine(_folder, "disk")).FullName, path = Path.Combine(disk, "report.md");
        if (!OperatingSystem.IsLinux() || Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk) != 0)
        {
            output.WriteLine("skipped: a small disk can be mounted by Linux's root only");
            return;
        }
        try
        {
            await AtomicFile.WriteAsync(path, "older");

            await Assert.ThrowsAsync<IOException>(() => AtomicFile.WriteAsync(path, new string('a', 200_000)));

            Assert.Equal([path], Directory.GetFiles(disk));
            Assert.Equal("older", await File.ReadAllTextAsync(path));
        }
        finally
        {
            Assert.Equal(0, Run("umount", disk));
        }
    }

    [Fact]
    public void A_full_disk_leaves_whole_scored_rows_to_go_on_from()
    {
        string disk = Directory.CreateDirectory(Path.Combine(_folder, "disk")).FullName, path = Path.Combine(disk, "scored.csv");
        if (!OperatingSystem.IsLinux() || Run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk) != 0)
        {
            output.WriteLine("skipped: a small disk can be mounted by Linux's root only");
            return;
        }
        try
        {
            Assert.Throws<IOException>(() =>
            {
                using var scored = ScoredFile.Open(path, [new("text")]);
                for (int i = 0; i < 100_000; i++)
                    scored.Append($"row {i}");
            });

            string[] lines = File.ReadAllLines(path);
            using var resumed = ScoredFile.Open(path, [new("text")]);
            Assert.InRange(resumed.Rows, 1000, 99_999);
            Assert.Equal(resumed.Rows + 1, lines.Length);
            Assert.Equal($"row {resumed.Rows - 1}", lines[^1]);
        }
        finally
        {
            Assert.Equal(0, Run("umount", disk));
        }
    }

    private static int Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
