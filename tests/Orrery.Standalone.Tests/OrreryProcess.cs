using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Orrery.Hosting.Startup;

namespace Orrery.Standalone.Tests;

/// <summary>The real program in a real process.</summary>
internal sealed class OrreryProcess : IDisposable
{
    private readonly StringBuilder _output = new();
    private readonly Process _process;

    /// <param name="arguments">Of its command line.</param>
    /// <param name="environment">Variables; one without a value is taken away.</param>
    public OrreryProcess(string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = GuardedProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "orrery.dll"), .. arguments]);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, Directory.CreateTempSubdirectory("orrery-test-").FullName);
        start.Environment["ORRERY__Engine__CacheDirectory"] = start.WorkingDirectory;
        start.Environment["ORRERY__Engine__Sessions"] = "1";
        start.Environment["ORRERY__Engine__MaxBatchTokens"] = "256";
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

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts a server on a free port and waits until it says what it serves.</summary>
    public static Task<(OrreryProcess Process, HttpClient Client)> ServeAsync(params string[] arguments) => ServeAsync(arguments, []);

    /// <inheritdoc cref="ServeAsync(string[])"/>
    public static async Task<(OrreryProcess Process, HttpClient Client)> ServeAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        var port = FreePort();
        var process = new OrreryProcess(["serve", "--port", port.ToString(CultureInfo.InvariantCulture), .. arguments], environment);
        await process.PrintsAsync("Listening on");
        return (process, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") });
    }

    /// <summary>Waits until it has printed something.</summary>
    public async Task PrintsAsync(string text)
    {
        var clock = Stopwatch.StartNew();
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(_process.HasExited && clock.Elapsed > TimeSpan.FromSeconds(5), $"ended with {(_process.HasExited ? _process.ExitCode : 0)}: {Output}");
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"did not print '{text}': {Output}");
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
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private void Collect(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
            _output.AppendLine(line.Data);
    }
}
