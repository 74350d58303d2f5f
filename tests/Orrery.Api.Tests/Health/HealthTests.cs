using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Api.Tests.Support;
using Orrery.Engine;

namespace Orrery.Api.Tests.Health;

public sealed class HealthTests
{
    [Fact]
    public async Task Is_ready_when_what_can_be_loaded_is()
    {
        var broken = Directory.CreateTempSubdirectory("orrery-test-").FullName;
        Directory.CreateDirectory(Path.Combine(broken, "onnx"));
        await File.WriteAllTextAsync(Path.Combine(broken, "onnx", "model.onnx"), "no graph");
        var options = new EngineOptions
        {
            ModelDirectories = [Repository.Path("tests", "fixtures", "models", "tiny-mean"), broken],
            Sessions = 1,
            ThreadsPerSession = 1,
            MaxBatchTokens = 4096,
        };
        await using var backend = await LocalBackend.CreateAsync(options, NullLoggerFactory.Instance, TimeProvider.System, default);
        await using var server = await ApiServer.StartAsync(backend);

        Assert.Equal("""{"live":true}""", (await server.GetAsync("/health/live")).Body);
        foreach (var path in (string[])["/health", "/health/ready"])
        {
            var unready = await server.GetAsync(path);
            Assert.Equal(503, unready.Status);
            Assert.NotNull(unready.Headers.RetryAfter);
        }

        Tei.TeiTests.AssertError(await server.GetAsync("/health"), 503, "Unhealthy");
        Tei.TeiTests.AssertError(await server.PostAsync("/embed", """{"inputs":"a","model":"tiny-mean"}"""), 503, "Unhealthy");

        await backend.LoadAllAsync(default);
        var health = await server.GetAsync("/health");
        Assert.Equal((200, ""), (health.Status, health.Body));
        var ready = await server.GetAsync("/health/ready");
        Assert.Equal(200, ready.Status);
        var models = ready.Json.GetProperty("models").EnumerateArray().ToDictionary(model => model.GetProperty("state").GetString()!);
        Assert.Equal("tiny-mean", models["ready"].GetProperty("name").GetString());
        Assert.Contains("model.onnx", models["failed"].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(200, (await server.PostAsync("/embed", """{"inputs":"a"}""")).Status);
    }

    [Fact]
    public async Task Waits_for_the_default_detectors_and_for_no_others()
    {
        var standing = new StandingBackend { DefaultDetectors = ["mine"] };
        await using var server = await ApiServer.StartAsync(standing);
        await AssertAsync(server, 503, "'mine'");
        standing.Detectors = [new() { Name = "mine", State = ModelState.Loading, Reason = "its model is being loaded" }, new() { Name = "other", State = ModelState.Loading }];
        await AssertAsync(server, 503, "its model is being loaded");
        standing.Detectors = [new() { Name = "mine", State = ModelState.Ready }, new() { Name = "other", State = ModelState.Loading }];
        await AssertAsync(server, 200, null);
        // Told, and the others serve on.
        standing.Detectors = [new() { Name = "mine", State = ModelState.Failed, Reason = "its head is torn" }];
        await AssertAsync(server, 200, null);
        Assert.Contains("its head is torn", (await server.GetAsync("/health/ready")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_ready_without_detectors()
    {
        await using var server = await ApiServer.StartAsync(new StandingBackend());
        await AssertAsync(server, 200, null);
    }

    private static async Task AssertAsync(ApiServer server, int status, string? reason)
    {
        var ready = await server.GetAsync("/health/ready");
        Assert.Equal(status, ready.Status);
        Assert.Equal(reason is null, ready.Json.GetProperty("reason").ValueKind == System.Text.Json.JsonValueKind.Null);
        Assert.Contains(reason ?? "", ready.Json.GetProperty("reason").GetString() ?? "", StringComparison.Ordinal);
        Assert.Equal(status, (await server.GetAsync("/v2/health/ready")).Status);
    }
}
