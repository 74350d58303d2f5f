using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Tests.Support;

namespace Orrery.Engine.Tests.Detectors;

public sealed class DetectorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Refuses_a_head_trained_on_another_model()
    {
        await using var backend = await Start("tiny-foreign");
        var detector = Assert.Single(backend.Detectors);
        Assert.Equal(ModelState.Failed, detector.State);
        Assert.Contains(new string("abab"), detector.Reason, StringComparison.Ordinal);
        Assert.Contains(backend.Find("tiny-mean").Value!.Digest, detector.Reason, StringComparison.Ordinal);
        var answer = await backend.DetectAsync(new DetectRequest { Inputs = [TextInput.Of("a")], Detectors = ["tiny-foreign"] }, default);
        Assert.Equal((InferenceErrorKind.ModelNotReady, null), (answer.Error!.Kind, answer.Error.RetryAfter));
    }

    [Fact]
    public async Task Stops_answering_when_its_model_is_exchanged_and_answers_again_when_that_is_back()
    {
        var model = Copy(Repository.Fixture("models", "tiny-mean"), Path.Combine(_folder, "models", "tiny-mean"));
        await using var backend = await Start("tiny-spam", Path.GetDirectoryName(model)!);
        Assert.Null((await Detect(backend, "tiny-spam")).Error);

        var config = Path.Combine(model, "config.json");
        var was = await File.ReadAllTextAsync(config);
        await File.WriteAllTextAsync(config, was + "\n");
        Assert.Null((await backend.LoadAsync("tiny-mean", default)).Error);
        var refused = (await Detect(backend, "tiny-spam")).Error!;
        Assert.Equal(InferenceErrorKind.ModelNotReady, refused.Kind);
        Assert.Contains("detector 'tiny-spam' is not ready: its head was trained on version", refused.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(config, was);
        Assert.Null((await backend.LoadAsync("tiny-mean", default)).Error);
        Assert.Null((await Detect(backend, "tiny-spam")).Error);
        await backend.UnloadAsync("tiny-mean", default);
        Assert.Contains("its model 'tiny-mean' is not loaded", (await Detect(backend, "tiny-spam")).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finds_its_model_by_version_whatever_that_is_called_now()
    {
        var models = Path.Combine(_folder, "models");
        Copy(Repository.Fixture("models", "tiny-mean"), Path.Combine(models, "renamed"));
        await using var backend = await Start("tiny-spam", models);
        Assert.Equal(("renamed", ModelState.Ready), (backend.Detectors[0].Model, backend.Detectors[0].State));
    }

    [Fact]
    public async Task Answers_the_defaults_when_none_is_named()
    {
        await using var backend = await Start("", options: options => options with { DefaultDetectors = ["tiny-topic", "tiny-spam"] });
        using var output = (await backend.DetectAsync(new DetectRequest { Inputs = [TextInput.Of("a")] }, default)).Value!;
        Assert.Equal(["tiny-topic", "tiny-spam"], output.Detectors.Select(one => one.Detector.Name));
    }

    [Fact]
    public async Task Gives_each_of_many_concurrent_requests_its_own_rows()
    {
        await using var backend = await Start("");
        var texts = Enumerable.Range(0, 40).Select(i => $"text number {i}").ToArray();
        var alone = new List<float[]>();
        foreach (var text in texts)
        {
            using var output = (await backend.DetectAsync(new DetectRequest { Inputs = [TextInput.Of(text)], Detectors = ["tiny-topic"] }, default)).Value!;
            alone.Add(output.Detectors[0][0].ToArray());
        }

        // Of one text, of a few, and of more than one run of a head takes.
        int[] sizes = [1, 3, 700, 2, 1, 300];
        await Task.WhenAll(Enumerable.Range(0, 60).Select(async request =>
        {
            var picked = Enumerable.Range(0, sizes[request % sizes.Length]).Select(i => ((request * 7) + i) % texts.Length).ToArray();
            using var output = (await backend.DetectAsync(new DetectRequest { Inputs = [.. picked.Select(i => TextInput.Of(texts[i]))], Detectors = ["tiny-spam", "tiny-topic"] }, default)).Value!;
            for (var i = 0; i < picked.Length; i++)
            {
                for (var label = 0; label < 3; label++)
                    Assert.Equal(alone[picked[i]][label], output.Detectors[1][i][label], 1e-5);
                Assert.Equal(1, output.Detectors[0][i][0] + output.Detectors[0][i][1], 1e-5);
            }
        }));
    }

    [Fact]
    public async Task Pools_as_the_head_was_trained()
    {
        Edit("tiny-topic", json => json["pooling"] = "cls");
        await using var backend = await Start(_folder);
        using var output = (await backend.DetectAsync(new DetectRequest { Inputs = [TextInput.Of("a few words")], Detectors = ["tiny-topic"] }, default)).Value!;
        using var cls = (await backend.EmbedAsync(new EmbedRequest { Model = "tiny-mean", Inputs = [TextInput.Of("a few words")], Pooling = Pooling.Cls }, default)).Value!;
        using var mean = (await backend.EmbedAsync(new EmbedRequest { Model = "tiny-mean", Inputs = [TextInput.Of("a few words")] }, default)).Value!;
        Assert.Equal(cls[0].ToArray(), output.Embeddings[0][0].ToArray());
        Assert.NotEqual(mean[0].ToArray(), output.Embeddings[0][0].ToArray());
    }

    [Theory]
    [InlineData("model_digest", null, "model_digest is missing")]
    [InlineData("model_digest", "abc", "64 lower-case hex digits")]
    [InlineData("threshold", 1.5, "threshold: must be 0 to 1")]
    [InlineData("head", "../x.onnx", "must be a file beside")]
    [InlineData("head", "none.onnx", "none.onnx")]
    [InlineData("positive", "eggs", "'eggs' is not one of the labels")]
    [InlineData("pooling", "sum", "is not one of mean")]
    [InlineData("scores", "logits", "neither probabilities nor decision")]
    [InlineData("kind", "oracle", "kind: expected one of")]
    public async Task Names_what_is_wrong_with_a_manifest(string key, object? value, string message)
    {
        Edit("tiny-spam", json => json[key] = value is null ? null : JsonValue.Create(value));
        await using var backend = await Start(_folder);
        Assert.Equal(ModelState.Failed, backend.Detectors[0].State);
        Assert.Contains(message, backend.Detectors[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_labels_and_rows_that_are_not_the_heads()
    {
        Edit("tiny-spam", json => json["labels"] = new JsonArray("a", "b", "spam"));
        Edit("tiny-topic", json => json["labels"] = new JsonArray("one"));
        Edit("tiny-cls-topic", json => json["dimensions"] = 999);
        Edit("tiny-duplicate", json => json["kind"] = "classifier");
        await using var backend = await Start(_folder);
        var reasons = backend.Detectors.ToDictionary(detector => detector.Name, detector => detector.Reason);
        Assert.Contains("for 1 rows and 3 classes", reasons["tiny-spam"], StringComparison.Ordinal);
        Assert.Contains("at least two", reasons["tiny-topic"], StringComparison.Ordinal);
        Assert.Contains("rows of 1 numbers, but model 'tiny-mean' gives 32", reasons["tiny-duplicate"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_files_that_are_no_head()
    {
        foreach (var (name, bytes) in (ReadOnlySpan<(string, byte[])>)[("text", "not a graph"u8.ToArray()), ("empty", []), ("cut", File.ReadAllBytes(Repository.Fixture("detectors", "tiny-spam", "head.onnx"))[..200])])
        {
            var folder = Edit("tiny-spam", _ => { }, name);
            File.WriteAllBytes(Path.Combine(folder, "head.onnx"), bytes);
        }

        var encoder = Edit("tiny-spam", _ => { }, "encoder");
        File.Copy(Repository.Fixture("models", "tiny-mean", "onnx", "model.onnx"), Path.Combine(encoder, "head.onnx"), overwrite: true);
        await using var backend = await Start(_folder);
        Assert.All(backend.Detectors, detector => Assert.Equal(ModelState.Failed, detector.State));
        Assert.All(backend.Detectors, detector => Assert.Contains("head.onnx", detector.Reason, StringComparison.Ordinal));
    }

    private static async Task<Outcome<DetectOutput>> Detect(LocalBackend backend, string detector)
    {
        var answer = await backend.DetectAsync(new DetectRequest { Inputs = [TextInput.Of("a text")], Detectors = [detector] }, default);
        answer.Value?.Dispose();
        return answer;
    }

    private static async Task<LocalBackend> Start(string detectors, string? models = null, Func<EngineOptions, EngineOptions>? options = null)
    {
        var engine = new EngineOptions
        {
            ModelDirectories = [models ?? Repository.Fixture("models", "tiny-mean")],
            DetectorDirectories = [Path.IsPathRooted(detectors) ? detectors : Repository.Fixture("detectors", detectors)],
            Sessions = 2,
            ThreadsPerSession = 1,
            MaxBatchTokens = 1024,
        };
        var backend = await LocalBackend.CreateAsync(options?.Invoke(engine) ?? engine, NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        return backend;
    }

    private static string Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return to;
    }

    private string Edit(string detector, Action<JsonObject> change, string? name = null)
    {
        var folder = Copy(Repository.Fixture("detectors", detector), Path.Combine(_folder, name ?? detector));
        var path = Path.Combine(folder, "detector.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
        return folder;
    }
}
