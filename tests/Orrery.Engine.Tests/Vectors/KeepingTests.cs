using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Tests.Support;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;

namespace Orrery.Engine.Tests.Vectors;

/// <summary>Which embeddings are kept of texts that detectors judge.</summary>
public sealed class KeepingTests : IAsyncLifetime
{
    private readonly string _folder = Repository.Temporary();
    private EmbeddedStore _store = null!;
    private LocalBackend _backend = null!;

    public async Task InitializeAsync()
    {
        Detector("same", json => json["pooling"] = "mean");
        Detector("other", json => json["pooling"] = "cls");
        _store = (await EmbeddedStore.OpenAsync(new VectorOptions { Directory = Path.Combine(_folder, "vectors") }, NullLoggerFactory.Instance, TimeProvider.System, default)).Value!;
        var options = new EngineOptions
        {
            ModelDirectories = [Repository.Fixture("models", "tiny-mean")],
            DetectorDirectories = [Path.Combine(_folder, "detectors")],
            Sessions = 1,
            ThreadsPerSession = 1,
            MaxBatchTokens = 1024,
        };
        _backend = await LocalBackend.CreateAsync(options, _store, NullLoggerFactory.Instance, TimeProvider.System, default);
        await _backend.LoadAllAsync(default);
    }

    public async Task DisposeAsync()
    {
        await _backend.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("same")]
    [InlineData("other")]
    [InlineData("other", "same")]
    public async Task The_models_own_are_kept_whatever_the_detectors_read(params string[] detectors)
    {
        var request = new DetectRequest { Inputs = [TextInput.Of("one text"), TextInput.Of("another")], Detectors = detectors, Upsert = new UpsertTarget { Ids = ["a", "b"] } };
        using var judged = (await _backend.DetectAsync(request, default)).Value!;
        using var own = (await _backend.EmbedAsync(new EmbedRequest { Model = "tiny-mean", Inputs = request.Inputs, Normalize = true }, default)).Value!;
        Assert.Equal(2, judged.Stored!.Count);
        Assert.Equal(detectors.Length, judged.Embeddings.Count);

        var records = (await _store.FetchAsync(new FetchRequest { Index = "default", Ids = ["a", "b"] }, default)).Value!.Records.ToDictionary(record => record.Id);
        Assert.Equal(own[0].ToArray(), records["a"].Values.ToArray());
        Assert.Equal(own[1].ToArray(), records["b"].Values.ToArray());
        var read = judged.Detectors[0].Embedding[0].ToArray();
        Assert.Equal(detectors[0] == "same", read.SequenceEqual(own[0].ToArray()));
    }

    private void Detector(string name, Action<JsonNode> change)
    {
        var folder = Repository.Copy(Repository.Fixture("detectors", "tiny-topic"), Path.Combine(_folder, "detectors", name));
        var manifest = Path.Combine(folder, "detector.json");
        var json = JsonNode.Parse(File.ReadAllText(manifest))!;
        change(json);
        File.WriteAllText(manifest, json.ToJsonString());
    }
}
