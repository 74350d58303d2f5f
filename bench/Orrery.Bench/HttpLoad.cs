using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orrery.Bench;

/// <summary>What a load came to.</summary>
/// <param name="Texts">Texts answered with 200.</param>
/// <param name="Seconds">How long it ran.</param>
/// <param name="Latencies">Seconds of the requests answered with 200, sorted.</param>
/// <param name="Refusals">Seconds of the requests answered with 429, sorted.</param>
/// <param name="Failures">Requests answered otherwise, or not at all.</param>
internal sealed record LoadResult(int Texts, double Seconds, double[] Latencies, double[] Refusals, int Failures)
{
    public double TextsPerSecond => Texts / Seconds;

    public double Latency(double quantile) => At(Latencies, quantile);

    public double Refusal(double quantile) => At(Refusals, quantile);

    private static double At(double[] sorted, double quantile) => sorted.Length == 0 ? double.NaN : sorted[(int)(quantile * (sorted.Length - 1))];
}

/// <summary>
/// Clients on loopback, made to cost little: requests are bytes made in advance, and of an answer only the status and
/// the end are looked for. They share the machine with the server, so what they use is missing there.
/// </summary>
internal sealed class HttpLoad(int port, IReadOnlyList<byte[]> requests, int textsPerRequest)
{
    private int _next;

    /// <summary>Request bytes for OpenAI's embeddings route, as its official clients send them (base64).</summary>
    public static List<byte[]> EmbeddingRequests(string model, string[] texts, int textsPerRequest) =>
        Requests("/v1/embeddings", texts, textsPerRequest, input => $"{{\"model\":{Quote(model)},\"encoding_format\":\"base64\",\"input\":{input}}}");

    /// <summary>Request bytes for the scoring route.</summary>
    public static List<byte[]> ScoreRequests(string[] detectors, string[] texts, int textsPerRequest) =>
        Requests("/v1/score", texts, textsPerRequest, input => $"{{\"detectors\":[{string.Join(',', detectors.Select(Quote))}],\"input\":{input}}}");

    /// <summary>Request bytes for one float through a graph, in the Open Inference Protocol.</summary>
    public static List<byte[]> InferRequests(string model) =>
        Requests($"/v2/models/{model}/infer", ["1"], 1, input => $"{{\"inputs\":[{{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[{input.Trim('"')}]}}]}}");

    /// <summary>Request bytes that ask a process whether it is ready.</summary>
    public static byte[] ReadyRequest() => Encoding.ASCII.GetBytes("GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n");

    /// <summary>Request bytes for any route.</summary>
    /// <param name="route">The route.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="textsPerRequest">How many of them are in one request.</param>
    /// <param name="body">The body, of the texts as JSON: a string, or an array where there are several.</param>
    public static List<byte[]> Requests(string route, string[] texts, int textsPerRequest, Func<string, string> body)
    {
        var requests = new List<byte[]>();
        for (var i = 0; i + textsPerRequest <= texts.Length; i += textsPerRequest)
        {
            var bytes = Encoding.UTF8.GetBytes(body(textsPerRequest == 1 ? Quote(texts[i]) : "[" + string.Join(',', texts.Skip(i).Take(textsPerRequest).Select(Quote)) + "]"));
            var head = $"POST {route} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\n\r\n";
            requests.Add([.. Encoding.ASCII.GetBytes(head), .. bytes]);
        }

        return requests;
    }

    /// <summary>So many clients, each sending its next request when it has its answer.</summary>
    public async Task<LoadResult> ClosedAsync(int clients, TimeSpan duration)
    {
        var tally = new Tally();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => ClientAsync()));
        return tally.Result(textsPerRequest, clock.Elapsed.TotalSeconds);

        async Task ClientAsync()
        {
            using var connection = await HttpConnection.OpenAsync(port);
            while (clock.Elapsed < duration)
                await SendAsync(connection, tally);
        }
    }

    /// <summary>Requests at a rate, whatever the answers do (Poisson arrivals).</summary>
    public async Task<LoadResult> OpenAsync(double requestsPerSecond, TimeSpan duration)
    {
        var tally = new Tally();
        var random = new Random(3);
        var idle = new Stack<HttpConnection>();
        var running = new List<Task>();
        var clock = Stopwatch.StartNew();
        for (var at = 0.0; at < duration.TotalSeconds; at += -Math.Log(1 - random.NextDouble()) / requestsPerSecond)
        {
            var ahead = at - clock.Elapsed.TotalSeconds;
            // The system's timer is a millisecond coarse: what is due within one goes out together.
            if (ahead > 0.001)
                await Task.Delay(TimeSpan.FromSeconds(ahead));
            running.Add(OneAsync());
        }

        var offered = clock.Elapsed.TotalSeconds;
        await Task.WhenAll(running);
        foreach (var connection in idle)
            connection.Dispose();
        // Answers that came after the last arrival were worked for meanwhile: count the whole time.
        return tally.Result(textsPerRequest, Math.Max(offered, clock.Elapsed.TotalSeconds));

        async Task OneAsync()
        {
            HttpConnection? connection;
            lock (idle)
                idle.TryPop(out connection);
            connection ??= await HttpConnection.OpenAsync(port);
            await SendAsync(connection, tally);
            lock (idle)
                idle.Push(connection);
        }
    }

    private async Task SendAsync(HttpConnection connection, Tally tally)
    {
        var request = requests[(int)((uint)Interlocked.Increment(ref _next) % (uint)requests.Count)];
        var start = Stopwatch.GetTimestamp();
        var status = await connection.SendAsync(request);
        tally.Add(status, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static string Quote(string text) => "\"" + System.Text.Json.JsonEncodedText.Encode(text) + "\"";

    private sealed class Tally
    {
        private readonly List<double> _good = [];
        private readonly List<double> _refused = [];
        private int _failed;

        public void Add(int status, double seconds)
        {
            lock (_good)
            {
                if (status == 200)
                    _good.Add(seconds);
                else if (status == 429)
                    _refused.Add(seconds);
                else
                    _failed++;
            }
        }

        public LoadResult Result(int textsPerRequest, double seconds) =>
            new(_good.Count * textsPerRequest, seconds, [.. _good.Order()], [.. _refused.Order()], _failed);
    }
}

/// <summary>One HTTP/1.1 connection that reads no more of an answer than it must.</summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[1 << 20];

    private HttpConnection(Socket socket) => _socket = socket;

    public static async Task<HttpConnection> OpenAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new HttpConnection(socket);
    }

    /// <returns>The status; 0 when the connection ended.</returns>
    public async ValueTask<int> SendAsync(byte[] request)
    {
        await _socket.SendAsync(request);
        var length = 0;
        while (true)
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(length));
            if (read == 0)
                return 0;
            length += read;
            if (IsWhole(_buffer.AsSpan(0, length)))
                return ((_buffer[9] - '0') * 100) + ((_buffer[10] - '0') * 10) + _buffer[11] - '0';
        }
    }

    public void Dispose() => _socket.Dispose();

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;
        var head = answer[..end];
        var at = head.IndexOf("ontent-Length: "u8);
        if (at < 0)
            at = head.IndexOf("ontent-length: "u8);
        if (at < 0)
            return answer.EndsWith("0\r\n\r\n"u8);
        return System.Buffers.Text.Utf8Parser.TryParse(head[(at + 15)..], out int length, out _) && answer.Length >= end + 4 + length;
    }
}
