using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Orrery.Bench;

/// <summary>A server under measurement, in a process of its own on loopback.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;
    private readonly HttpClient _client = new();

    private ServerProcess(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Seconds from the process's start to its first answered request.</summary>
    public double SecondsToFirstAnswer { get; private set; }

    /// <summary>Resident megabytes now.</summary>
    public double ResidentMegabytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1e6;
        }
    }

    /// <summary>Processor seconds used so far.</summary>
    public double CpuSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Starts a program and waits until it answers a request with 200.</summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">With {port} where the port goes.</param>
    /// <param name="request">What it must answer, as <see cref="HttpLoad.EmbeddingRequests"/> makes it.</param>
    /// <param name="environment">Further variables.</param>
    public static async Task<ServerProcess> StartAsync(string file, string[] arguments, byte[] request, params (string Key, string Value)[] environment)
    {
        var port = FreePort();
        var start = new ProcessStartInfo(file) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument.Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        start.Environment["ORRERY__Engine__CacheDirectory"] = Places.Cache;
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        var clock = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        var errors = new List<string>();
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
                errors.Add(line.Data ?? "");
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new ServerProcess(process, port);
        try
        {
            await server.AnswerAsync(request);
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException)
        {
            server.Dispose();
            throw new InvalidOperationException($"{file}: {e.Message}: {string.Join('\n', errors)}");
        }

        server.SecondsToFirstAnswer = clock.Elapsed.TotalSeconds;
        return server;
    }

    /// <summary>Waits until a request is answered with 200.</summary>
    /// <exception cref="InvalidOperationException">The process ended.</exception>
    /// <exception cref="TimeoutException">Two minutes passed.</exception>
    public async Task AnswerAsync(byte[] request)
    {
        var clock = Stopwatch.StartNew();
        while (!await AnswersAsync(request))
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"ended with {_process.ExitCode}");
            if (clock.Elapsed > TimeSpan.FromMinutes(2))
                throw new TimeoutException("no answer within two minutes");
            await Task.Delay(5);
        }
    }

    /// <summary>The sum of a metric's samples in Prometheus' text; 0 when it has none.</summary>
    public async Task<double> MetricAsync(string name)
    {
        var text = await GetAsync("/metrics");
        return text.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>The body of an answer to GET.</summary>
    public Task<string> GetAsync(string path) => _client.GetStringAsync(new Uri($"http://127.0.0.1:{Port}{path}"));

    /// <summary>Posts an empty object.</summary>
    /// <exception cref="HttpRequestException">It is not answered with success.</exception>
    public async Task PostAsync(string path)
    {
        using var body = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
        using var answer = await _client.PostAsync(new Uri($"http://127.0.0.1:{Port}{path}"), body);
        answer.EnsureSuccessStatusCode();
    }

    public void Dispose()
    {
        _client.Dispose();
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private async Task<bool> AnswersAsync(byte[] request)
    {
        try
        {
            using var connection = await HttpConnection.OpenAsync(Port);
            return await connection.SendAsync(request) == 200;
        }
        catch (SocketException)
        {
            // Not listening yet.
            return false;
        }
    }

    /// <summary>A port of loopback that nobody listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
