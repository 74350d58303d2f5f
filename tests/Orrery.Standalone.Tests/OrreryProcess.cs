using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Orrery.Hosting.Startup;

namespace Orrery.Standalone.Tests;

/// <summary>The real program in a real process.</summary>
internal sealed partial class OrreryProcess : IDisposable
{
    // Nothing takes so long; a busy machine may stand still for a while.
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(3);

    private readonly StringBuilder _output = new();
    private readonly Process _process;

    /// <param name="arguments">Of its command line.</param>
    /// <param name="environment">Variables; one without a value is taken away.</param>
    public OrreryProcess(string[] arguments, params (string Name, string Value)[] environment)
    {
        // A shell that starts something beside it has it ignore Ctrl-C, and so do the tests that it starts and all that they start.
        var start = GuardedProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "orrery.dll"), .. arguments], OperatingSystem.IsLinux() ? ["env", "--default-signal=INT"] : null);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, Directory.CreateTempSubdirectory("orrery-test-").FullName);
        start.Environment["ORRERY__Engine__CacheDirectory"] = start.WorkingDirectory;
        start.Environment["ORRERY__Engine__Sessions"] = "1";
        start.Environment["ORRERY__Engine__MaxBatchTokens"] = "256";
        // Who brings a model wants no other loaded beside it.
        if (arguments.Contains("--models"))
            start.Environment["ORRERY__Engine__Samples"] = "false";
        foreach (var (name, value) in environment)
            start.Environment[name] = value.Length > 0 ? value : null;
        WorkingDirectory = start.WorkingDirectory;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Collect;
        _process.ErrorDataReceived += Collect;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string WorkingDirectory { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Bytes of memory that it had at the most.</summary>
    public long MostMemory
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>What it printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Starts a server on a free port and waits until it says what it serves.</summary>
    public static Task<(OrreryProcess Process, HttpClient Client)> ServeAsync(params string[] arguments) => ServeAsync(arguments, []);

    /// <inheritdoc cref="ServeAsync(string[])"/>
    public static async Task<(OrreryProcess Process, HttpClient Client)> ServeAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        var process = new OrreryProcess(["serve", "--port", "0", .. arguments], environment);
        await process.PrintsAsync(" (API: ");
        return (process, new HttpClient { BaseAddress = new Uri(Address().Match(process.Output).Groups[1].Value) });
    }

    /// <summary>Waits until it has printed something.</summary>
    public async Task PrintsAsync(string text)
    {
        var clock = Stopwatch.StartNew();
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(_process.HasExited && clock.Elapsed > TimeSpan.FromSeconds(5), $"ended with {(_process.HasExited ? _process.ExitCode : 0)}: {Output}");
            Assert.True(clock.Elapsed < _limit, $"did not print '{text}': {Output}");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>Ends it as a crash does.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Asks it to end, as Kubernetes does.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync()
    {
        using var limit = new CancellationTokenSource(_limit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    [GeneratedRegex(@"^Listening on (\S+) ", RegexOptions.Multiline)]
    private static partial Regex Address();

    private void Collect(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
            _output.AppendLine(line.Data);
    }
}
