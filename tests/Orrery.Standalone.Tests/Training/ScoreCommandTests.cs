using System.Diagnostics;

namespace Orrery.Standalone.Tests.Training;

public sealed class ScoreCommandTests : IDisposable
{
    private static readonly string Detectors = Path.Combine(Checkout.Root, "tests", "fixtures", "detectors");

    private readonly Workshop _shop = new();

    public void Dispose() => _shop.Dispose();

    [Fact]
    public async Task Scores_a_file_row_by_row()
    {
        var (code, output) = await ScoreAsync(_shop.Rows("data.csv", 700), "scored.csv", "--detector", "tiny-topic", "--id-column", "id");
        Assert.True(code == 0, output);
        var lines = await File.ReadAllLinesAsync(_shop.At("scored.csv"));
        Assert.Equal("id,tiny-spam,tiny-spam_probability,tiny-topic,tiny-topic_probability", lines[0]);
        Assert.Equal(Enumerable.Range(0, 700).Select(i => $"r{i}"), lines[1..].Select(line => line.Split(',')[0]));
        Assert.False(File.Exists(_shop.At("scored.csv.resume")));
    }

    [Fact]
    public async Task Loses_no_row_and_doubles_none_when_killed_and_called_again()
    {
        var data = _shop.Rows("data.csv", 60_000);
        var kills = 0;
        while (true)
        {
            using var process = Workshop.Start(Arguments(data, "scored.csv"));
            var before = Length();
            var clock = Stopwatch.StartNew();
            // Once it has written some more, at whatever byte that is: killed.
            while (kills < 4 && Length() < before + 20_000 && !process.HasExited)
            {
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(3), $"it does nothing: {process.Output}");
                await Task.Delay(5);
            }

            if (kills == 4 || process.HasExited)
            {
                Assert.Equal(0, await process.EndAsync());
                break;
            }

            Process.GetProcessById(process.Id).Kill();
            await process.EndAsync();
            kills++;
            // What the system had not written yet may be torn anywhere.
            await using var file = new FileStream(_shop.At("scored.csv"), FileMode.Open);
            file.SetLength(file.Length - kills);
        }

        Assert.True(kills > 0, "it was done before it could be killed");
        var rows = (await File.ReadAllLinesAsync(_shop.At("scored.csv")))[1..];
        Assert.Equal(Enumerable.Range(0, 60_000).Select(i => $"{i}"), rows.Select(row => row.Split(',')[0]));
        Assert.Equal(0, (await ScoreAsync(data, "again.csv")).Code);
        Assert.Equal(rows.Select(Label), (await File.ReadAllLinesAsync(_shop.At("again.csv")))[1..].Select(Label));

        long Length() => File.Exists(_shop.At("scored.csv")) ? new FileInfo(_shop.At("scored.csv")).Length : 0;
        static string Label(string row) => string.Join(',', row.Split(',')[..2]);
    }

    [Fact]
    public async Task Does_not_go_on_with_other_data_or_over_a_finished_file()
    {
        var data = _shop.Rows("data.csv", 50);
        Assert.Equal(0, (await ScoreAsync(data, "scored.csv")).Code);
        var (code, output) = await ScoreAsync(data, "scored.csv");
        Assert.Equal(2, code);
        Assert.Contains("exists; give --overwrite", output, StringComparison.Ordinal);
        _shop.Write("scored.csv.resume", "{}");
        Assert.Contains("begun with other data", (await ScoreAsync(data, "scored.csv")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await ScoreAsync(data, "scored.csv", "--overwrite")).Code);
        Assert.Equal(51, (await File.ReadAllLinesAsync(_shop.At("scored.csv"))).Length);
    }

    [Fact]
    public async Task Stops_at_a_row_it_cannot_read_and_keeps_those_before_it()
    {
        var (code, output) = await ScoreAsync(_shop.Write("data.csv", "text\n" + string.Concat(Enumerable.Repeat("a\n", 600)) + "\"\"\n"), "scored.csv");
        Assert.Equal(2, code);
        Assert.Contains("line 602, column 'text': the text is empty", output, StringComparison.Ordinal);
        Assert.True(File.Exists(_shop.At("scored.csv.resume")));
    }

    [Fact]
    public async Task Says_so_when_the_disk_is_full()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Fail("there is no /dev/full here to stand for a full disk");
        }

        File.CreateSymbolicLink(_shop.At("full.csv"), "/dev/full");
        _shop.Write("full.csv.resume", "");
        var (code, output) = await ScoreAsync(_shop.Rows("data.csv", 50), "full.csv");
        Assert.Equal(2, code);
        Assert.Contains("orrery: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody", "there is no detector 'nobody'; there are")]
    [InlineData("tiny-foreign", "is not ready: its head was trained on version abab")]
    public async Task Names_a_detector_that_cannot_answer(string detector, string message)
    {
        var (code, output) = await Workshop.RunAsync(
            "score", "--detector", detector, "--data", _shop.Rows("data.csv", 5), "--out", _shop.At("scored.csv"), "--detectors", Detectors, "--models", Checkout.Fixture("tiny-mean"));
        Assert.Equal(2, code);
        Assert.Contains(message, output, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output)> ScoreAsync(string data, string output, params string[] more) => Workshop.RunAsync([.. Arguments(data, output), .. more]);

    private string[] Arguments(string data, string output) =>
        ["score", "--detector", "tiny-spam", "--data", data, "--out", _shop.At(output), "--detectors", Detectors, "--models", Checkout.Fixture("tiny-mean")];
}
