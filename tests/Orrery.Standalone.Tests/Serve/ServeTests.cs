using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Orrery.Standalone.Tests.Serve;

public sealed class ServeTests
{
    [Fact]
    public async Task Serves_what_ships_when_there_is_nothing_else_and_says_what_to_try()
    {
        var (process, client) = await OrreryProcess.ServeAsync();
        using (process)
        using (client)
        {
            Assert.Contains("orrery-tiny", process.Output, StringComparison.Ordinal);
            Assert.Contains("curl http://127.0.0.1:", process.Output, StringComparison.Ordinal);
            var answer = await client.PostAsJsonAsync("/v1/embeddings", new { model = "orrery-tiny", input = "a text" });
            var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(64, json.GetProperty("data")[0].GetProperty("embedding").GetArrayLength());
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/docs/index.html")).StatusCode);
            process.Terminate();
            Assert.Equal(0, await process.EndAsync());
        }
    }

    [Fact]
    public async Task Refuses_a_corrupt_model_by_name_and_serves_the_one_beside_it()
    {
        var root = Directory.CreateTempSubdirectory("orrery-test-").FullName;
        foreach (var name in (string[])["good", "corrupt"])
        {
            foreach (var file in Directory.EnumerateFiles(Checkout.Fixture("tiny-mean"), "*", SearchOption.AllDirectories))
            {
                var target = Path.Combine(root, name, Path.GetRelativePath(Checkout.Fixture("tiny-mean"), file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }

        await File.WriteAllTextAsync(Path.Combine(root, "corrupt", "onnx", "model.onnx"), "torn");
        var (process, client) = await OrreryProcess.ServeAsync("--models", root);
        using (process)
        using (client)
        {
            Assert.Contains("corrupt  refused: model.onnx", process.Output, StringComparison.Ordinal);
            Assert.True((await client.PostAsJsonAsync("/v1/embeddings", new { model = "good", input = "a text" })).IsSuccessStatusCode);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.PostAsJsonAsync("/v1/embeddings", new { model = "corrupt", input = "a text" })).StatusCode);
        }
    }

    [Fact]
    public async Task Answers_what_is_in_flight_before_it_ends()
    {
        var (process, client) = await OrreryProcess.ServeAsync("--models", Checkout.Fixture("tiny-mean"));
        using (process)
        using (client)
        {
            // Half a request is in flight when the signal comes; the other half follows.
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, client.BaseAddress!.Port);
            var body = """{"inputs":"a text"}"""u8.ToArray();
            await socket.SendAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"POST /embed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n")));
            await socket.SendAsync(body.AsMemory(0, 5));
            await InFlightAsync(client);
            process.Terminate();
            await RefusesConnectionsAsync(client);
            await socket.SendAsync(body.AsMemory(5));
            var buffer = new byte[65536];
            var read = await socket.ReceiveAsync(buffer);
            Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(buffer, 0, read), StringComparison.Ordinal);
            Assert.Equal(0, await process.EndAsync());
        }
    }

    [Fact]
    public async Task Says_so_when_the_port_is_taken()
    {
        var (process, client) = await OrreryProcess.ServeAsync("--models", Checkout.Fixture("tiny-mean"));
        using (process)
        using (client)
        using (var second = new OrreryProcess(["serve", "--models", Checkout.Fixture("tiny-mean"), "--port", client.BaseAddress!.Port.ToString(CultureInfo.InvariantCulture)]))
        {
            Assert.Equal(2, await second.EndAsync());
            await second.PrintsAsync("cannot listen on");
        }
    }

    [Theory]
    [InlineData("--nonsense", "--nonsense")]
    [InlineData("--port=many", "many")]
    [InlineData("--models=nowhere", "nowhere does not exist")]
    [InlineData("--device=abacus", "'abacus' is not one of")]
    public async Task Refuses_flags_that_make_no_sense_in_one_line(string flag, string reason)
    {
        using var process = new OrreryProcess(["serve", flag]);
        Assert.Equal(2, await process.EndAsync());
        await process.PrintsAsync(reason);
        Assert.DoesNotContain("   at ", process.Output, StringComparison.Ordinal);
    }

    private static async Task InFlightAsync(HttpClient client)
    {
        // This very request and the half one.
        while (!(await client.GetStringAsync("/metrics")).Contains("orrery_api_requests_in_flight 2\n", StringComparison.Ordinal))
            await Task.Yield();
    }

    private static async Task RefusesConnectionsAsync(HttpClient client)
    {
        while (true)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, client.BaseAddress!.Port);
                await Task.Yield();
            }
            catch (SocketException)
            {
                return;
            }
        }
    }
}
