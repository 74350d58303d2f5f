using System.Net;
using System.Net.Sockets;
using System.Text;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Http;

public abstract class ConnectionTests(BackendFixture fixture)
{
    private const string Body = """{"inputs":"a text"}""";

    [Fact]
    public async Task Refuses_headers_beyond_reason()
    {
        var answer = await fixture.Server.PostAsync("/embed", Body, ("X-Large", new string('x', 60_000)));
        Assert.Equal(431, answer.Status);
    }

    [Fact]
    public async Task Ends_a_connection_that_closes_its_half_amid_the_body()
    {
        using var client = await ConnectAsync();
        await client.SendAsync(Request(announced: Body.Length + 100));
        client.Shutdown(SocketShutdown.Send);
        var answer = await ReadToEndAsync(client);
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal), answer);
        await AssertHealthyAsync();
    }

    [Fact]
    public async Task Ends_a_connection_that_closes_its_half_after_the_request()
    {
        using var client = await ConnectAsync();
        await client.SendAsync(Request(announced: Body.Length));
        client.Shutdown(SocketShutdown.Send);
        var answer = await ReadToEndAsync(client);
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal), answer);
        await AssertHealthyAsync();
    }

    [Fact]
    public async Task Serves_others_while_bodies_come_slowly_and_forgets_those_that_break_off()
    {
        var slow = new List<Socket>();
        for (var i = 0; i < 50; i++)
        {
            var client = await ConnectAsync();
            await client.SendAsync(Request(announced: 30_000_000));
            slow.Add(client);
        }

        Assert.Equal(200, (await fixture.Server.PostAsync("/embed", Body)).Status);
        foreach (var client in slow)
        {
            // Closed with a reset, as a client that crashes does.
            client.LingerState = new LingerOption(true, 0);
            client.Dispose();
        }

        await AssertHealthyAsync();
    }

    [Theory]
    [InlineData("POST /embed HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: x\r\n\r\n")]
    [InlineData("POST /embed HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("POST /embed HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")]
    [InlineData("POST /v2/models/tiny-mean/infer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")]
    [InlineData("POST /v1/score/stream HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")]
    [InlineData("\0\0\0\0\r\n\r\n")]
    [InlineData("GET /%zz%00 HTTP/1.1\r\nHost: a\r\n\r\n")]
    public async Task Refuses_what_is_not_HTTP(string bytes)
    {
        using var client = await ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes(bytes));
        client.Shutdown(SocketShutdown.Send);
        var answer = await ReadToEndAsync(client);
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal), answer);
        await AssertHealthyAsync();
    }

    private static byte[] Request(int announced) =>
        Encoding.ASCII.GetBytes($"POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {announced}\r\n\r\n{Body}");

    private static async Task<string> ReadToEndAsync(Socket client)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var text = new StringBuilder();
        var block = new byte[4096];
        try
        {
            for (int read; (read = await client.ReceiveAsync(block, patience.Token)) > 0;)
                text.Append(Encoding.Latin1.GetString(block, 0, read));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // An end too.
        }

        return text.ToString();
    }

    private async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, fixture.Server.Address.Port);
        return client;
    }

    private async Task AssertHealthyAsync()
    {
        await fixture.Server.AssertNothingInFlightAsync();
        Assert.Equal(200, (await fixture.Server.PostAsync("/embed", Body)).Status);
        Assert.True(fixture.Server.LoggedErrors.Messages.Count == 0, string.Join("\n", fixture.Server.LoggedErrors.Messages.Take(3)));
    }
}

[Collection(LocalFixture.Collection)]
public sealed class LocalConnectionTests(LocalFixture fixture) : ConnectionTests(fixture);
