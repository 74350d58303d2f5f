using System.Text.Json.Nodes;
using Orrery.Api.Tests.Support;
using Orrery.Containers.Tests.Support;

namespace Orrery.Containers.Tests.Api;

/// <summary>The compose file's front, before silos that serve the fixtures' models and nothing else.</summary>
public sealed class FrontFixture : ServerFixture
{
    public const string Collection = "front in a container";
    public const string PineconeKey = "correct-horse-battery";

    private const string Token = "a-token-for-the-tests";
    private static readonly string[] _models = ["tiny-mean", "tiny-cls", "tiny-classifier", "tiny-cross-encoder"];

    private ComposeCluster? _cluster;

    protected override async Task<ApiServer> StartServerAsync()
    {
        _cluster = await ComposeCluster.StartAsync((name, service) =>
        {
            if (name == ComposeCluster.Front)
                ComposeCluster.Set(service, ("ADMIN_TOKEN", Token), ("EMBEDDING_MODEL", "tiny-mean"), ("ORRERY__Api__PineconeKey", PineconeKey));
            if (!name.StartsWith("silo-", StringComparison.Ordinal))
                return;
            ComposeCluster.Set(service, ("ORRERY__Engine__Samples", "false"), ("ORRERY__Engine__Sessions", "1"), ("ORRERY__Engine__ThreadsPerSession", "1"), ("ORRERY__Engine__MaxBatchTokens", "4096"));
            service["command"] = new JsonArray("--models", "/fixtures/models", "--detectors", "/fixtures/detectors");
            var volumes = service["volumes"]!.AsArray();
            foreach (var model in ModelDirectories)
                volumes.Add($"{model}:/fixtures/models/{Path.GetFileName(model)}:ro");
            foreach (var detectors in DetectorDirectories)
                volumes.Add($"{detectors}:/fixtures/detectors:ro");
        });
        foreach (var model in _models)
            await Run.UntilAsync(async () => (await _cluster.StatusAsync()).Ready(model).Length > 0, $"{model} ready", TimeSpan.FromMinutes(1), _cluster.LogsAsync);
        return ApiServer.At(await _cluster.DirectAsync(), Token);
    }

    protected override async Task StopBackendAsync() => await _cluster!.DisposeAsync();
}

[CollectionDefinition(FrontFixture.Collection)]
public sealed class FrontCollection : ICollectionFixture<FrontFixture>;
