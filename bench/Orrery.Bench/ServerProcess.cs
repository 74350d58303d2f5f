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
        while (clock.Elapsed < TimeSpan.FromMinutes(2))
        {
            if (process.HasExited)
                throw new InvalidOperationException($"{file} ended with {process.ExitCode}: {string.Join('\n', errors)}");
            if (await server.AnswersAsync(request))
            {
                server.SecondsToFirstAnswer = clock.Elapsed.TotalSeconds;
                return server;
            }

            await Task.Delay(5);
        }

        server.Dispose();
        throw new TimeoutException($"{file} did not answer within two minutes: {string.Join('\n', errors)}");
    }

    /// <summary>The sum of a metric's samples in Prometheus' text; 0 when it has none.</summary>
    public async Task<double> MetricAsync(string name)
    {
        var text = await _client.GetStringAsync(new Uri($"http://127.0.0.1:{Port}/metrics"));
        return text.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
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

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
