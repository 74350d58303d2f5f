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
            Assert.Contains("orrery-mini", process.Output, StringComparison.Ordinal);
            await process.PrintsAsync("curl http://127.0.0.1:");
            var answer = await client.PostAsJsonAsync("/v1/embeddings", new { model = "orrery-mini", input = "a text" });
            var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(256, json.GetProperty("data")[0].GetProperty("embedding").GetArrayLength());
            Assert.Equal("card_arrival", await ScoreAsync("banking-intents", "I am still waiting for my card, when will it come?"));
            Assert.Equal("rust", await ScoreAsync("code-language", "pub fn area(&self) -> f64 {\n    let Some(side) = self.side else { return 0.0 };\n    side * side\n}"));
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/docs/index.html")).StatusCode);
            process.Terminate();
            Assert.Equal(0, await process.EndAsync());
        }

        async Task<string?> ScoreAsync(string detector, string text)
        {
            var scored = await client.PostAsJsonAsync("/v1/score", new { input = text, detectors = new[] { detector } });
            var json = await scored.Content.ReadFromJsonAsync<JsonElement>();
            return json.GetProperty("data")[0].GetProperty("results")[0].GetProperty("label").GetString();
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
    [InlineData("EMBEDDING_MODEL", "owner/absent")]
    [InlineData("DEFAULT_CLASSIFIERS", "absent")]
    public async Task Refuses_a_default_that_is_not_there(string key, string name)
    {
        using var process = new OrreryProcess(["serve", "--models", Checkout.Fixture("tiny-mean")], (key, name));
        Assert.Equal(2, await process.EndAsync());
        await process.PrintsAsync(key);
        await process.PrintsAsync(name);
    }

    [Fact]
    public async Task Refuses_headers_without_end_and_lives_on_when_clients_leave_halfway()
    {
        var (process, client) = await OrreryProcess.ServeAsync("--models", Checkout.Fixture("tiny-mean"));
        using (process)
        using (client)
        {
            Assert.Equal("431", await SendAsync(client, $"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: {new string('v', 100_000)}\r\n\r\n"));
            Assert.Equal("400", await SendAsync(client, "NONSENSE\r\n\r\n"));
            for (var i = 0; i < 50; i++)
            {
                using var leaver = await ConnectAsync(client);
                await leaver.SendAsync("POST /embed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"inputs\":\"a"u8.ToArray());
                if (i % 2 == 0)
                    leaver.Shutdown(SocketShutdown.Send);
            }

            Assert.True((await client.PostAsJsonAsync("/embed", new { inputs = "still there" })).IsSuccessStatusCode);
        }
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("http://127.0.0.1:9", true)]
    public async Task Loads_OpenTelemetry_only_where_an_endpoint_is_set(string endpoint, bool loaded)
    {
        using var process = new OrreryProcess(["serve", "--models", Checkout.Fixture("tiny-mean"), "--port", "0"], ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint));
        await process.PrintsAsync("Listening on");
        Assert.True(OperatingSystem.IsLinux(), "what a process has mapped is read from Linux's /proc");
        var mapped = await File.ReadAllTextAsync($"/proc/{process.Id}/maps");
        Assert.Contains("/Orrery.Hosting.dll", mapped, StringComparison.Ordinal);
        Assert.Equal(loaded, mapped.Contains("/OpenTelemetry.dll", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Unloads_models_only_for_those_who_bring_the_token()
    {
        using var process = new OrreryProcess(["serve", "--models", Checkout.Fixture("tiny-mean"), "--port", "0"], ("ADMIN_TOKEN", "correct-horse-battery"));
        await process.PrintsAsync("Listening on");
        using var client = new HttpClient { BaseAddress = new Uri(process.Output.Split("Listening on ")[1].Split(' ')[0]) };
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync("/v2/repository/models/tiny-mean/unload", null)).StatusCode);
        client.DefaultRequestHeaders.Authorization = new("Bearer", "correct-horse-battery");
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/v2/repository/models/tiny-mean/unload", null)).StatusCode);
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

    private static async Task<Socket> ConnectAsync(HttpClient client)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, client.BaseAddress!.Port);
        return socket;
    }

    /// <summary>Sends bytes as they are.</summary>
    /// <returns>The answer's status.</returns>
    private static async Task<string> SendAsync(HttpClient client, string request)
    {
        using var socket = await ConnectAsync(client);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        var buffer = new byte[64];
        var read = await socket.ReceiveAsync(buffer);
        return Encoding.ASCII.GetString(buffer, 0, read).Split(' ')[1];
    }

    private static async Task InFlightAsync(HttpClient client)
    {
        // This very request and the half one.
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!(await client.GetStringAsync("/metrics", late.Token)).Contains("orrery_api_requests_in_flight 2\n", StringComparison.Ordinal))
            await Task.Delay(5, late.Token);
    }

    private static async Task RefusesConnectionsAsync(HttpClient client)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, client.BaseAddress!.Port, late.Token);
                await Task.Delay(5, late.Token);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }
}
