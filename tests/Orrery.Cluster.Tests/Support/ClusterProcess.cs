using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Orrery.Api.Tests.Support;
using Orrery.Hosting.Startup;

namespace Orrery.Cluster.Tests.Support;

/// <summary>A real silo or front in a process of its own, from the build's output.</summary>
internal sealed class ClusterProcess : IDisposable
{
    public const string SiloProgram = "orrery-silo";
    public const string FrontProgram = "orrery-front";

    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(3);

    // Settings of the machine that the tests run on are none of theirs.
    private static readonly string[] _foreign = ["ORRERY__", "OTEL_", "ADMIN_TOKEN", "MEMBERSHIP", "CLUSTER_", "SILO_", "POD_", "KUBE", "MODEL_CACHE_DIR", "DETECTOR_DIR", "EMBEDDING_MODEL", "DEFAULT_CLASSIFIERS", "DEVICE", "VECTOR_"];

    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private ClusterProcess(string program, int port, int siloPort, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> environment)
    {
        (Port, SiloPort) = (port, siloPort);
        var start = GuardedProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, program + ".dll"), .. arguments]);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, Path.GetTempPath());
        foreach (var name in start.Environment.Keys.Where(name => _foreign.Any(foreign => name.StartsWith(foreign, StringComparison.OrdinalIgnoreCase))).ToList())
            start.Environment.Remove(name);
        start.Environment["HOME"] = Home;
        start.Environment.Remove("XDG_CACHE_HOME");
        start.Environment.Remove("ORT_DISABLE_TELEMETRY");
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = _limit };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Collect;
        _process.ErrorDataReceived += Collect;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Port { get; }

    /// <summary>The port that other silos reach it at; 0 of a front.</summary>
    public int SiloPort { get; }

    /// <summary>What the cluster calls it.</summary>
    public string Endpoint => $"127.0.0.1:{SiloPort}";

    /// <summary>The home of the user that it runs as, empty at its start.</summary>
    public string Home { get; } = Directory.CreateTempSubdirectory("orrery-test-home-").FullName;

    public HttpClient Http { get; }

    public bool HasEnded => _process.HasExited;

    /// <summary>What it printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public static ClusterProcess Silo(params (string Name, string Value)[] environment)
    {
        var (port, silo, gateway) = (Ports.Free(), Ports.Free(), Ports.Free());
        return new ClusterProcess(SiloProgram, port, silo, [], [("PORT", Text(port)), ("SILO_PORT", Text(silo)), ("GATEWAY_PORT", Text(gateway)), ("POD_IP", "127.0.0.1"), .. environment]);
    }

    public static ClusterProcess Front(params (string Name, string Value)[] environment)
    {
        var port = Ports.Free();
        return new ClusterProcess(FrontProgram, port, 0, [], [("PORT", Text(port)), .. environment]);
    }

    /// <summary>A program that does one thing and ends.</summary>
    public static ClusterProcess Command(string program, string[] arguments, params (string Name, string Value)[] environment) => new(program, 0, 0, arguments, environment);

    /// <summary>Waits until it is ready.</summary>
    public Task ReadyAsync() => UntilAsync(async () => await StatusAsync("/health/ready") == HttpStatusCode.OK, "ready");

    /// <summary>What a route answers; null when nobody listens.</summary>
    public async Task<HttpStatusCode?> StatusAsync(string path)
    {
        try
        {
            using var answer = await Http.GetAsync(path);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Waits for a condition, and says what the process printed when it does not come.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        await UntilEndedOrAsync(condition, what);
        Assert.False(_process.HasExited, $"ended with {(_process.HasExited ? _process.ExitCode : 0)} before it was {what}: {Output}");
    }

    /// <summary>As <see cref="UntilAsync"/>, but it may end instead.</summary>
    public async Task UntilEndedOrAsync(Func<Task<bool>> condition, string what)
    {
        for (var clock = Stopwatch.StartNew(); !_process.HasExited && !await condition(); await Task.Delay(20))
            Assert.True(clock.Elapsed < _limit, $"not {what}: {Output}");
    }

    /// <summary>Ends it as a crash does.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Asks it to end, as Kubernetes does.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>Stops all of its threads, as a machine does that is being moved or has no memory left.</summary>
    public void Freeze() => Signal("STOP");

    /// <summary>Lets it go on.</summary>
    public void Thaw() => Signal("CONT");

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync()
    {
        using var late = new CancellationTokenSource(_limit);
        try
        {
            await _process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"does not end: {Output}");
        }

        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Http.Dispose();
        Directory.Delete(Home, recursive: true);
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, Text(_process.Id)]);
        kill.WaitForExit();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Collect(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
            _output.AppendLine(line.Data);
    }
}
