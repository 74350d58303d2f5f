using Orrery.Api.Tests.Support;
using Orrery.ClientApi.Backend;
using Orrery.Engine;
using Orrery.Grains.Replicas;

namespace Orrery.Cluster.Tests.Support;

/// <summary>The API's fixture over two silos: what the engine in one process passes, the cluster passes.</summary>
public sealed class OrleansFixture : BackendFixture
{
    public const string Collection = "orleans backend";

    private readonly VectorFolders _folders = new();
    private TestFleet? _fleet;

    protected override async Task<IInferenceBackend> StartBackendAsync()
    {
        var engine = new EngineOptions { ModelDirectories = ModelDirectories, DetectorDirectories = DetectorDirectories, Sessions = 1, ThreadsPerSession = 1, MaxBatchTokens = 4096 };
        var role = new SiloRole { Engine = engine };
        _fleet = await TestFleet.StartAsync([role, role], new FrontOptions { DefaultModel = "tiny-mean" }, vectors: _folders);
        Vectors = _fleet.Vectors;
        await _fleet.ReadyAsync(["tiny-mean", "tiny-cls", "tiny-classifier", "tiny-cross-encoder", .. HeadModels.Names]);
        return _fleet.Backend;
    }

    protected override async Task StopBackendAsync()
    {
        await _fleet!.DisposeAsync();
        _folders.Dispose();
    }
}

/// <summary>Alone: the fuzz test counts what the whole process holds.</summary>
[CollectionDefinition(OrleansFixture.Collection, DisableParallelization = true)]
public sealed class OrleansCollectionDefinition : ICollectionFixture<OrleansFixture>;
