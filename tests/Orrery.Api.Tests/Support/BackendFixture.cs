using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;

namespace Orrery.Api.Tests.Support;

/// <summary>A server over the fixtures' models, wherever it is: all that tests need which know no more of it than its address.</summary>
public abstract class ServerFixture : IAsyncLifetime
{
    /// <summary>The models that tests name: two embedding models, a classifier of three labels, a cross-encoder, and those with other heads.</summary>
    protected static IReadOnlyList<string> ModelDirectories { get; } =
        [.. new[] { "tiny-mean", "tiny-cls", "tiny-classifier", "tiny-cross-encoder" }.Select(name => Repository.Path("tests", "fixtures", "models", name)), .. HeadModels.Directories];

    /// <summary>Two detectors of topics, one of spam, two of pairs, and one whose head was trained on another version.</summary>
    protected static IReadOnlyList<string> DetectorDirectories { get; } = [Repository.Path("tests", "fixtures", "detectors")];

    public ApiServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await StartServerAsync();

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await StopBackendAsync();
    }

    /// <summary>The first digits of the digest of a model's version that is served.</summary>
    public async Task<string> VersionAsync(string model) => (await Server.GetAsync($"/v2/models/{model}")).Json.GetProperty("versions")[0].GetString()!;

    protected abstract Task<ApiServer> StartServerAsync();

    protected abstract Task StopBackendAsync();
}

/// <summary>A backend over the fixtures' models and a server before it. Every behaviour of the API is tested on each kind of backend.</summary>
public abstract class BackendFixture : ServerFixture
{
    public IInferenceBackend Backend { get; private set; } = null!;

    /// <summary>Where the backend keeps vectors, and the server looks for them.</summary>
    public IVectorStore? Vectors { get; protected set; }

    protected sealed override async Task<ApiServer> StartServerAsync()
    {
        Backend = await StartBackendAsync();
        return await ApiServer.StartAsync(Backend, vectors: Vectors);
    }

    protected abstract Task<IInferenceBackend> StartBackendAsync();
}

/// <summary>The engine in this process.</summary>
public sealed class LocalFixture : BackendFixture
{
    public const string Collection = "local backend";

    private readonly TemporaryFolder _folder = new();
    private LocalBackend? _backend;

    protected override async Task<IInferenceBackend> StartBackendAsync()
    {
        var options = new EngineOptions { ModelDirectories = ModelDirectories, DetectorDirectories = DetectorDirectories, DefaultModel = "tiny-mean", Sessions = 1, ThreadsPerSession = 1, MaxBatchTokens = 4096 };
        Vectors = (await EmbeddedStore.OpenAsync(new VectorOptions { Directory = _folder.Path }, NullLoggerFactory.Instance, TimeProvider.System, default)).Value!;
        _backend = await LocalBackend.CreateAsync(options, Vectors, NullLoggerFactory.Instance, TimeProvider.System, default);
        await _backend.LoadAllAsync(default);
        return _backend;
    }

    protected override async Task StopBackendAsync()
    {
        await _backend!.DisposeAsync();
        await Vectors!.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>One engine for all classes that only ask it.</summary>
[CollectionDefinition(LocalFixture.Collection)]
public sealed class LocalCollectionDefinition : ICollectionFixture<LocalFixture>;
