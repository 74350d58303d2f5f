using System.Globalization;
using System.Text.RegularExpressions;
using Orrery.Api.Tests.Support;

namespace Orrery.Standalone.Tests.Cluster;

/// <summary>The real command with real children: a small program that answers as silos and fronts do.</summary>
public sealed partial class ClusterUpTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;
    private readonly HttpClient _http = new();

    public ClusterUpTests()
    {
        foreach (var (folder, program) in ((string, string)[])[("silo", "orrery-silo"), ("front", "orrery-front")])
        {
            Directory.CreateDirectory(Path.Combine(_folder, folder));
            File.CreateSymbolicLink(Path.Combine(_folder, folder, program), Path.Combine(AppContext.BaseDirectory, "Orrery.FixtureProcess"));
        }
    }

    private string Events => Path.Combine(_folder, "events");

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Starts_all_and_stops_fronts_before_silos()
    {
        var (process, port) = Up(["--cpu", "2", "--gpu", "1", "--fronts", "2"], ("ORRERY__Engine__Sessions", "1"), ("ORRERY__Api__AutoTruncate", "false"));
        using (process)
        {
            await process.PrintsAsync($"The cluster is ready: http://127.0.0.1:{port}");
            Assert.Contains("2 × m, n (starting)", process.Output, StringComparison.Ordinal);
            Assert.Contains("front-1", process.Output, StringComparison.Ordinal);
            Assert.Contains("1 model", process.Output, StringComparison.Ordinal);
            var children = Children(process.Output);
            Assert.Equal(["front-1", "front-2", "silo-1", "silo-2", "silo-3"], children.Keys.Order(StringComparer.Ordinal));
            process.Terminate();
            Assert.Equal(0, await process.EndAsync());
            Assert.Equal(5, process.Output.Split("ended with 0").Length - 1);
            Assert.All(children.Values, child => Assert.False(Directory.Exists($"/proc/{child}"), "a child is left"));
            Assert.All(children.Keys, name => Assert.True(File.Exists(Path.Combine(_folder, "logs", name + ".log"))));
        }

        var events = await File.ReadAllLinesAsync(Events);
        Assert.Equal(
            ["front terminated", "front terminated", "silo terminated", "silo terminated", "silo terminated"],
            events.Where(line => line.EndsWith(" terminated", StringComparison.Ordinal)));
        Assert.Equal(5, events.Count(line => line.EndsWith(" ended", StringComparison.Ordinal)));
        Assert.True(Array.LastIndexOf(events, "front ended") < Array.IndexOf(events, "silo terminated"));
        // What is set for other kinds of process would be refused.
        Assert.All(events.Where(line => line.StartsWith("front started", StringComparison.Ordinal)), line => Assert.DoesNotContain("__Engine__", line, StringComparison.Ordinal));
        Assert.All(events.Where(line => line.StartsWith("silo started", StringComparison.Ordinal)), line => Assert.DoesNotContain("__Api__", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Shows_one_that_dies_with_its_exit_code_and_its_last_lines_and_keeps_the_others()
    {
        var (process, port) = Up([]);
        using (process)
        {
            await process.PrintsAsync("The cluster is ready");
            var silo = SiloAddress().Match(process.Output).Groups[1].Value;
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => _http.GetStringAsync(new Uri($"http://{silo}/die")));
            await process.PrintsAsync("ended with 3");
            await process.PrintsAsync("    fatal: told to die");
            Assert.Equal("1", await _http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/embed")));
            process.Terminate();
            Assert.Equal(0, await process.EndAsync());
        }

        Assert.Equal(2, (await File.ReadAllLinesAsync(Events)).Count(line => line.StartsWith("silo started", StringComparison.Ordinal)));
        Assert.Contains("fatal: told to die", await File.ReadAllTextAsync(Path.Combine(_folder, "logs", "silo-2.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_the_order_when_Ctrl_C_reaches_the_whole_foreground_group()
    {
        var (process, _) = Up([]);
        using (process)
        {
            await process.PrintsAsync("The cluster is ready");
            var children = Children(process.Output).Values.ToList();
            // What a terminal does: SIGINT for all of a group. The children are in none of its.
            Assert.All(children, child => Assert.NotEqual(Group(process.Id), Group(child)));
            using var kill = System.Diagnostics.Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
            Assert.Equal(0, await process.EndAsync());
        }

        Assert.Equal(["front ended", "silo ended", "silo ended"], (await File.ReadAllLinesAsync(Events)).Where(line => line.EndsWith(" ended", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Tells_one_that_is_not_ready()
    {
        var (process, port) = Up(["--cpu", "1"]);
        using (process)
        {
            await process.PrintsAsync("The cluster is ready");
            await _http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/unready"));
            await process.PrintsAsync("not ready");
            process.Terminate();
            Assert.Equal(0, await process.EndAsync());
        }
    }

    [Fact]
    public async Task Kills_what_does_not_end_within_its_grace()
    {
        var (process, _) = Up(["--cpu", "1", "--grace", "00:00:03"], ("FIXTURE_STUBBORN", "front"));
        using (process)
        {
            await process.PrintsAsync("The cluster is ready");
            var children = Children(process.Output);
            process.Terminate();
            Assert.Equal(0, await process.EndAsync());
            await process.PrintsAsync("ended with 137 (killed)");
            Assert.All(children.Values, child => Assert.False(Directory.Exists($"/proc/{child}"), "a child is left"));
        }

        Assert.Contains("silo ended", await File.ReadAllLinesAsync(Events));
    }

    [Fact]
    public async Task Leaves_nobody_behind_when_it_is_killed()
    {
        var (process, _) = Up([]);
        using (process)
        {
            await process.PrintsAsync("The cluster is ready");
            var children = Children(process.Output).Values.ToList();
            Assert.Equal(3, children.Count);
            process.Kill();
            await process.EndAsync();
            foreach (var child in children)
            {
                for (var clock = System.Diagnostics.Stopwatch.StartNew(); Directory.Exists($"/proc/{child}"); await Task.Delay(20))
                    Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "a child is left");
            }
        }

        // None was asked to end, none had the time to.
        Assert.DoesNotContain(await File.ReadAllLinesAsync(Events), line => line.EndsWith(" ended", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Kills_all_at_once_when_asked_twice()
    {
        var (process, _) = Up(["--cpu", "1"], ("FIXTURE_STUBBORN", "front"));
        using (process)
        {
            await process.PrintsAsync("The cluster is ready");
            process.Terminate();
            await process.PrintsAsync("stopping");
            process.Terminate();
            Assert.Equal(0, await process.EndAsync());
            await process.PrintsAsync("ended with 137 (killed)");
        }
    }

    [Fact]
    public async Task Ends_when_nobody_is_left_and_says_why()
    {
        var (process, _) = Up(["--cpu", "1"], ("FIXTURE_FAILS", "silo,front"));
        using (process)
        {
            Assert.Equal(1, await process.EndAsync());
            await process.PrintsAsync("silo-1");
            await process.PrintsAsync("ended with 2");
            await process.PrintsAsync("    orrery-silo: refused by the test");
            await process.PrintsAsync("No process is left");
        }
    }

    [Fact]
    public async Task Refuses_a_folder_in_which_a_cluster_is_up()
    {
        var (process, _) = Up(["--cpu", "1"]);
        using (process)
        {
            await process.PrintsAsync("The cluster is ready");
            var (second, _) = Up(["--cpu", "1"]);
            using (second)
            {
                Assert.Equal(2, await second.EndAsync());
                await second.PrintsAsync("a cluster is up in");
            }

            process.Terminate();
            Assert.Equal(0, await process.EndAsync());
        }

        Assert.Single(await File.ReadAllLinesAsync(Events), line => line.StartsWith("silo started", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--cpu", "0", "one at least")]
    [InlineData("--fronts", "0", "--fronts must be 1 to 64")]
    [InlineData("--models", "nowhere", "does not exist")]
    [InlineData("--grace", "soon", "soon")]
    public async Task Refuses_what_makes_no_sense(string flag, string value, string reason)
    {
        var (process, _) = Up([flag, value]);
        using (process)
        {
            Assert.Equal(2, await process.EndAsync());
            await process.PrintsAsync(reason);
        }
    }

    [Fact]
    public async Task Says_what_is_missing_when_the_programs_are_not_there()
    {
        using var unnamed = new OrreryProcess(["cluster", "up", "--port", Port()], ("ORRERY_CLUSTER_APPS", ""));
        Assert.Equal(2, await unnamed.EndAsync());
        await unnamed.PrintsAsync("ORRERY_CLUSTER_APPS must name");
        using var empty = new OrreryProcess(["cluster", "up", "--port", Port()], ("ORRERY_CLUSTER_APPS", unnamed.WorkingDirectory));
        Assert.Equal(2, await empty.EndAsync());
        await empty.PrintsAsync("there is no program");
    }

    // Field 5 of /proc/PID/stat (proc_pid_stat(5)); the name before may hold blanks and ends with the last parenthesis.
    private static string Group(int process) => File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ')[2];

    private static string Port() => Ports.Free().ToString(CultureInfo.InvariantCulture);

    private static Dictionary<string, int> Children(string output) =>
        ChildLine().Matches(output).DistinctBy(match => match.Groups[1].Value).ToDictionary(match => match.Groups[1].Value, match => int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^(\S+)  pid (\d+)", RegexOptions.Multiline)]
    private static partial Regex ChildLine();

    [GeneratedRegex(@"^silo-2  pid \d+  .*?(127\.0\.0\.1:\d+)", RegexOptions.Multiline)]
    private static partial Regex SiloAddress();

    private (OrreryProcess Process, string Port) Up(string[] arguments, params (string Name, string Value)[] environment)
    {
        var port = Port();
        var process = new OrreryProcess(
            ["cluster", "up", "--port", port, "--directory", Path.Combine(_folder, "cluster"), "--logs", Path.Combine(_folder, "logs"), .. arguments], [("ORRERY_CLUSTER_APPS", _folder), ("FIXTURE_EVENTS", Events), .. environment]);
        return (process, port);
    }
}
