using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Orrery.Api.Tests.Support;
using Orrery.Containers.Tests.Support;
using Xunit.Abstractions;

namespace Orrery.Containers.Tests.Images;

/// <summary>The image of one process, as small and as locked up as it may be run.</summary>
public sealed class StandaloneTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Image = $"orrery-standalone:{Run.Tag}";
    private static readonly string[] _lockedUp =
        ["--memory", "512m", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp", "--tmpfs", "/cache:uid=1654,gid=1654"];

    // Of its own: the engine may have been started without one.
    private readonly string _network = $"orrery-standalone-{Guid.NewGuid():n}";
    private readonly List<string> _containers = [];

    public Task InitializeAsync() => Docker.DoAsync("network", "create", _network);

    public async Task DisposeAsync()
    {
        foreach (var container in _containers)
            await Docker.TryAsync("rm", "--force", "--volumes", container);
        await Docker.TryAsync("network", "rm", _network);
    }

    [Fact]
    public async Task Answers_within_512_MB_read_only_without_root_or_capabilities_and_ends_when_told()
    {
        var port = Ports.Free();
        var container = await Docker.DoAsync(["run", "--detach", .. _lockedUp, "--tmpfs", "/vectors:uid=1654,gid=1654", "--network", _network,
            "--publish", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}:8080"), Image]);
        _containers.Add(container);
        using var http = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")) };
        await Run.UntilAsync(ReadyAsync, "ready", TimeSpan.FromMinutes(2), () => Docker.LogsAsync(container));

        // README's first request, and its first vectors.
        var scored = await PostAsync(http, "/v1/score", """{"input": ["Where is my new card?", "let Some(side) = self.side else { return 0.0 };"]}""");
        Assert.Equal("card_arrival", scored.GetProperty("data")[0].GetProperty("results")[0].GetProperty("label").GetString());
        Assert.Equal("rust", scored.GetProperty("data")[1].GetProperty("results")[1].GetProperty("label").GetString());
        await PostAsync(http, "/v1/embeddings", """{"input": ["I lost my card", "What is the exchange rate?"], "upsert": {"namespace": "questions", "ids": ["q1", "q2"]}}""");
        var found = await PostAsync(http, "/v1/search", """{"text": "my card is gone", "namespace": "questions", "top_k": 1}""");
        Assert.Equal("q1", found.GetProperty("matches")[0].GetProperty("id").GetString());

        Assert.Equal("1654", await Docker.DoAsync("exec", container, "id", "-u"));
        var status = await Docker.DoAsync("exec", container, "cat", "/proc/1/status");
        Assert.Contains("CapEff:\t0000000000000000", status, StringComparison.Ordinal);
        Assert.Contains("CapPrm:\t0000000000000000", status, StringComparison.Ordinal);
        Assert.NotEqual(0, (await Docker.TryAsync("exec", container, "touch", "/app/file")).Code);
        output.WriteLine($"after its first answers: {await Docker.DoAsync("stats", "--no-stream", "--format", "{{.MemUsage}}", container)}");

        await Docker.DoAsync("stop", "--time", "30", container);
        Assert.Equal("0 false", await Docker.DoAsync("inspect", "--format", "{{.State.ExitCode}} {{.State.OOMKilled}}", container));

        async Task<bool> ReadyAsync()
        {
            // A connection that was begun before anybody listened may hang: the next one need not.
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            using var answer = await http.GetAsync("/health/ready", soon.Token);
            return answer.IsSuccessStatusCode;
        }
    }

    [Fact]
    public async Task Says_that_its_folder_of_vectors_is_read_only_where_it_is()
    {
        var ended = await Docker.TryAsync(["run", "--rm", .. _lockedUp, Image]);
        Assert.Equal(2, ended.Code);
        Assert.Contains("vectors' folder '/vectors' cannot be used: Read-only file system", ended.Errors, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> PostAsync(HttpClient http, string path, string body)
    {
        using var answer = await http.PostAsync(path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
