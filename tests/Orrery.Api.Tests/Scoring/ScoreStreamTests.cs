using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Scoring;

public abstract class ScoreStreamTests(ServerFixture fixture)
{
    private const string Route = "/v1/score/stream?detectors=tiny-spam";

    private ApiServer Server => fixture.Server;

    [Fact]
    public async Task Answers_every_line_in_order_as_a_request_would()
    {
        var texts = Enumerable.Range(0, 1000).Select(i => $"text {i} {new string('y', i % 11)}").ToArray();
        var answer = await Post(Route + "&return_scores=true", string.Concat(texts.Select((text, i) => JsonSerializer.Serialize(new { id = i * 3, input = text }) + "\n")));
        Assert.Equal((200, "application/x-ndjson"), (answer.Status, answer.ContentType!.MediaType));
        var lines = Lines(answer);
        Assert.Equal(Enumerable.Range(0, 1000), lines.Select(line => line.GetProperty("index").GetInt32()));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => i * 3), lines.Select(line => line.GetProperty("id").GetInt32()));
        foreach (var i in (int[])[0, 17, 999])
        {
            var alone = await Server.PostAsync("/v1/score", JsonSerializer.Serialize(new { input = texts[i], detectors = new[] { "tiny-spam" } }));
            var (expected, actual) = (alone.Json.GetProperty("data")[0].GetProperty("results")[0], lines[i].GetProperty("results")[0]);
            Assert.Equal(expected.GetProperty("label").GetString(), actual.GetProperty("label").GetString());
            Assert.Equal(expected.GetProperty("probability").GetDouble(), actual.GetProperty("probability").GetDouble(), 1e-5);
        }
    }

    [Fact]
    public async Task Gives_a_bad_line_an_error_of_its_own_and_goes_on()
    {
        string[] lines = ["\"a text\"", "{\"id\":\"q\\\"1\",\"input\":\"\"}", "nonsense", "", "  ", "{\"id\":1}", "[]", "\"cut", "\"one\" \"two\"", "{\"input\":7}", "\"\\ud800\"", "{\"input\":\"last\"}"];
        var answers = Lines(await Post(Route, string.Join("\r\n", lines)));
        Assert.Equal(Enumerable.Range(0, 10), answers.Select(line => line.GetProperty("index").GetInt32()));
        Assert.Equal("q\"1", answers[1].GetProperty("id").GetString());
        Assert.Equal("input is empty", answers[1].GetProperty("error").GetString());
        Assert.Equal(1, answers[3].GetProperty("id").GetInt32());
        Assert.All(answers[1..9], line => Assert.NotEmpty(line.GetProperty("error").GetString()!));
        Assert.True(answers[0].TryGetProperty("results", out _) && answers[9].TryGetProperty("results", out _));
    }

    [Fact]
    public async Task Passes_over_a_line_that_is_too_long()
    {
        var answers = Lines(await Post(Route, $"\"first\"\n\"{new string('x', 3 << 20)}\"\n\"third\"\n"));
        Assert.Equal(3, answers.Length);
        Assert.Contains("longer than", answers[1].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.True(answers[2].TryGetProperty("results", out _));
    }

    [Fact]
    public async Task Answers_a_line_before_the_next_is_sent()
    {
        // HttpClient sends a body to its end before it reads an answer's first byte, at least over HTTP/1.1.
        using var socket = await ConnectAsync(Route);
        using var reader = new StreamReader(socket.GetStream());
        for (var i = 0; i < 5; i++)
        {
            await SendAsync(socket, $"\"text {i}\"\n");
            string? line;
            do
                line = await reader.ReadLineAsync();
            while (line is not null && !line.StartsWith("{\"index\"", StringComparison.Ordinal));
            Assert.Equal(i, JsonDocument.Parse(line!).RootElement.GetProperty("index").GetInt32());
        }

        await socket.GetStream().WriteAsync("0\r\n\r\n"u8.ToArray());
        var rest = new List<string?>();
        while (await reader.ReadLineAsync() is { } line)
        {
            rest.Add(line);
            if (line == "0")
                break;
        }

        Assert.Equal(["", "0"], rest);
    }

    [Fact]
    public async Task Reads_no_more_than_a_client_that_does_not_read_has_room_for()
    {
        using var socket = await ConnectAsync(Route + "&return_scores=true");
        var lines = string.Concat(Enumerable.Repeat("\"some text that is sent again and again\"\n", 1000));
        var sent = 0L;
        using var stuck = new CancellationTokenSource();
        try
        {
            // Until the server stops taking: buffers on the way hold some, its memory only a few groups of lines.
            while (sent < 200 << 20)
            {
                stuck.CancelAfter(TimeSpan.FromSeconds(2));
                await SendAsync(socket, lines, stuck.Token);
                sent += lines.Length;
            }
        }
        catch (OperationCanceledException)
        {
        }

        Assert.InRange(sent, 1, 50 << 20);
    }

    [Fact]
    public async Task Lets_go_of_a_client_that_vanishes()
    {
        using (var socket = await ConnectAsync(Route))
        {
            await SendAsync(socket, string.Concat(Enumerable.Repeat("\"a text\"\n", 5000)));
            Assert.NotEqual(0, await socket.GetStream().ReadAsync(new byte[100]));
            socket.LingerState = new LingerOption(true, 0);
        }

        await Server.AssertNothingInFlightAsync();
        Assert.Equal(200, (await Post(Route, "\"another\"\n")).Status);
    }

    [Fact]
    public async Task Takes_compressed_lines()
    {
        using var bytes = new MemoryStream();
        await using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync("\"one\"\n\"two\"\n"u8.ToArray());
        using var content = new ByteArrayContent(bytes.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        content.Headers.ContentEncoding.Add("gzip");
        Assert.Equal(2, Lines(await Server.PostAsync(Route, content)).Length);
        using var torn = new ByteArrayContent([1, 2, 3]);
        torn.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        torn.Headers.ContentEncoding.Add("gzip");
        Assert.Equal(400, (await Server.PostAsync(Route, torn)).Status);
    }

    [Theory]
    [InlineData("/v1/score/stream?detectors=nobody", 404)]
    [InlineData("/v1/score/stream?detectors=tiny-foreign", 503)]
    [InlineData("/v1/score/stream?detectors=tiny-duplicate", 400)]
    [InlineData("/v1/score/stream?detectors=tiny-spam&threshold=2", 400)]
    [InlineData("/v1/score/stream?detectors=tiny-spam&threshold=x", 400)]
    [InlineData("/v1/score/stream?detectors=tiny-spam&return_scores=x", 400)]
    public async Task Refuses_a_stream_that_no_line_could_be_answered_of(string route, int status)
    {
        var answer = await Post(route, "\"a\"\n");
        Assert.Equal(status, answer.Status);
        Assert.Equal("application/problem+json", answer.ContentType!.MediaType);
    }

    [Fact]
    public async Task Wants_lines_and_says_so()
    {
        Assert.Equal(415, (await Server.PostAsync(Route, "\"a\"\n")).Status);
        var empty = await Post(Route, "");
        Assert.Equal((200, ""), (empty.Status, empty.Body));
    }

    private async Task<Answer> Post(string route, string lines)
    {
        using var content = new StringContent(lines, new UTF8Encoding(false), "application/x-ndjson");
        return await Server.PostAsync(route, content);
    }

    private static JsonElement[] Lines(Answer answer) =>
        [.. answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>Sends the headers of a body in chunks, over a connection that holds little by itself.</summary>
    private async Task<TcpClient> ConnectAsync(string route)
    {
        var socket = new TcpClient { SendBufferSize = 64 << 10, ReceiveBufferSize = 64 << 10, NoDelay = true };
        await socket.ConnectAsync(Server.Address.Host, Server.Address.Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST {route} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"));
        return socket;
    }

    private static async Task SendAsync(TcpClient socket, string lines, CancellationToken cancellation = default) =>
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{lines.Length:x}\r\n{lines}\r\n"), cancellation);
}

[Collection(LocalFixture.Collection)]
public sealed class LocalScoreStreamTests(LocalFixture fixture) : ScoreStreamTests(fixture);
