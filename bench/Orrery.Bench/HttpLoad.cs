using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orrery.Bench;

/// <summary>
/// What a load came to while it was steady: between the lead, in which queues fill, and the end, after which they empty. What ends within
/// is counted, whenever it began.
/// </summary>
/// <param name="Texts">Texts answered with 200, each counted by its weight.</param>
/// <param name="Seconds">How long that was.</param>
/// <param name="Latencies">Seconds of the requests answered with 200, sorted.</param>
/// <param name="Refusals">Seconds of the requests answered with 429, sorted.</param>
/// <param name="Failures">Requests answered otherwise, or not at all, over the whole run.</param>
/// <param name="Answered">Texts answered with 200 over the whole run: what the processor time of the whole run was spent on.</param>
internal sealed record LoadResult(double Texts, double Seconds, double[] Latencies, double[] Refusals, int Failures, double Answered)
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
/// <param name="port">The server's.</param>
/// <param name="requests">What is sent, in turn.</param>
/// <param name="textsPerRequest">How many texts are in each.</param>
/// <param name="weights">What each request counts for instead, so that runs that meet other texts compare: its tokens over those of a mean text.</param>
internal sealed class HttpLoad(int port, IReadOnlyList<byte[]> requests, int textsPerRequest, double[]? weights = null)
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
        var tally = new Tally(lead: duration / 4, duration);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => ClientAsync()));
        return tally.Result();

        async Task ClientAsync()
        {
            using var connection = await HttpConnection.OpenAsync(port);
            while (!tally.Ended)
                await SendAsync(connection, tally);
        }
    }

    /// <summary>Requests at a rate, whatever the answers do (Poisson arrivals).</summary>
    /// <param name="requestsPerSecond">The rate.</param>
    /// <param name="lead">How long they come before anything is counted: until the server's queue is as full as it will be.</param>
    /// <param name="duration">How long is counted.</param>
    public async Task<LoadResult> OpenAsync(double requestsPerSecond, TimeSpan lead, TimeSpan duration)
    {
        var tally = new Tally(lead, duration);
        var random = new Random(3);
        var idle = new Stack<HttpConnection>();
        var running = new List<Task>();
        for (var at = 0.0; !tally.Ended; at += -Math.Log(1 - random.NextDouble()) / requestsPerSecond)
        {
            var ahead = at - tally.Elapsed.TotalSeconds;
            // The system's timer is a millisecond coarse: what is due within one goes out together.
            if (ahead > 0.001)
                await Task.Delay(TimeSpan.FromSeconds(ahead));
            running.Add(OneAsync());
        }

        await Task.WhenAll(running);
        foreach (var connection in idle)
            connection.Dispose();
        return tally.Result();

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
        var request = (int)((uint)Interlocked.Increment(ref _next) % (uint)requests.Count);
        var start = Stopwatch.GetTimestamp();
        var status = await connection.SendAsync(requests[request]);
        tally.Add(status, Stopwatch.GetElapsedTime(start).TotalSeconds, weights?[request] ?? textsPerRequest);
    }

    private static string Quote(string text) => "\"" + System.Text.Json.JsonEncodedText.Encode(text) + "\"";

    private sealed class Tally(TimeSpan lead, TimeSpan duration)
    {
        private readonly List<double> _good = [];
        private readonly List<double> _refused = [];
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private double _texts;
        private double _answered;
        private int _failed;

        public TimeSpan Elapsed => _clock.Elapsed;

        public bool Ended => Elapsed > lead + duration;

        public void Add(int status, double seconds, double texts)
        {
            lock (_good)
            {
                var counts = Elapsed >= lead && !Ended;
                if (status == 200)
                {
                    _answered += texts;
                    if (!counts)
                        return;
                    _texts += texts;
                    _good.Add(seconds);
                }
                else if (status == 429)
                {
                    if (counts)
                        _refused.Add(seconds);
                }
                else
                {
                    _failed++;
                }
            }
        }

        public LoadResult Result() => new(_texts, duration.TotalSeconds, [.. _good.Order()], [.. _refused.Order()], _failed, _answered);
    }
}

/// <summary>One HTTP/1.1 connection that reads no more of an answer than it must.</summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[1 << 18];

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
