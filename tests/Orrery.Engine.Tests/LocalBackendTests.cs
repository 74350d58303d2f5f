using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.OnnxRuntime;
using Orrery.Engine.Tests.Support;

namespace Orrery.Engine.Tests;

public sealed class LocalBackendTests
{
    [Fact]
    public async Task Loads_every_model_of_a_directory_under_its_name()
    {
        await using var backend = await Start(Repository.Fixture("models"));
        Assert.Equal(["tiny-classifier", "tiny-cls", "tiny-cross-encoder"], backend.Models.Take(3).Select(model => model.Name));
        Assert.All(backend.Models, model => Assert.True(model.State == ModelState.Ready, model.Reason));
        Assert.All(backend.Models, model => Assert.Equal(64, model.Digest.Length));
        Assert.Equal(ModelTask.Reranker, backend.Find("tiny-cross-encoder").Value!.Task);
        Assert.Equal(["negative", "neutral", "positive"], backend.Find("tiny-classifier").Value!.Labels.AsEnumerable());
        Assert.Equal(Pooling.Cls, backend.Find("tiny-cls").Value!.Pooling);
        Assert.Equal(48, backend.Find("tiny-mean").Value!.MaxLength);
        Assert.False(backend.Find("tiny-max").Value!.Normalize);
    }

    [Fact]
    public async Task Gives_the_same_embedding_alone_and_in_a_crowd()
    {
        await using var backend = await Start(Repository.Fixture("models", "tiny-mean"));
        using var alone = (await Embed(backend, "a text among others")).Value!;
        var crowd = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Embed(backend, i == 40 ? "a text among others" : new string('x', 1 + (i % 20)) + " " + i).AsTask()));
        for (var d = 0; d < alone.Dimensions; d++)
            Assert.Equal(alone[0][d], crowd[40].Value![0][d], 1e-5);
        foreach (var answer in crowd)
            answer.Value!.Dispose();
    }

    [Fact]
    public async Task Takes_token_ids_for_the_text_they_stand_for()
    {
        await using var backend = await Start(Repository.Fixture("models", "tiny-mean"));
        var tokens = (await backend.TokenizeAsync("", ["some words here"], addSpecialTokens: false, default)).Value![0];
        using var byText = (await Embed(backend, "some words here")).Value!;
        using var byIds = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.OfIds([.. tokens.Select(token => token.Id)])] }, default)).Value!;
        Assert.Equal(byText[0].ToArray(), byIds[0].ToArray());
        Assert.Equal(InferenceErrorKind.Invalid, (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.OfIds([999_999])] }, default)).Error!.Kind);
    }

    [Fact]
    public async Task Cuts_dimensions_before_it_normalizes()
    {
        await using var backend = await Start(Repository.Fixture("models", "tiny-mean"));
        using var cut = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of("text")], Dimensions = 8 }, default)).Value!;
        Assert.Equal(8, cut.Dimensions);
        Assert.Equal(1, cut[0].ToArray().Sum(value => value * value), 1e-5);
        Assert.Equal(InferenceErrorKind.TooLarge, (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of("text")], Dimensions = 10_000 }, default)).Error!.Kind);
    }

    [Fact]
    public async Task Gives_a_vector_a_token_when_asked()
    {
        await using var backend = await Start(Repository.Fixture("models", "tiny-mean"));
        using var output = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of("a few words"), TextInput.Of("one")], PerToken = true }, default)).Value!;
        Assert.Equal(output.Tokens(0), output.Rows(0));
        Assert.Equal(output.Tokens(1), output.Rows(1));
        Assert.NotEqual(output.Rows(0), output.Rows(1));
    }

    [Fact]
    public async Task Refuses_a_text_that_is_too_long_unless_it_may_cut_it()
    {
        await using var backend = await Start(Repository.Fixture("models", "tiny-mean"));
        var text = string.Join(' ', Enumerable.Repeat("word", 500));
        var refused = (await Embed(backend, text)).Error!;
        Assert.Equal(InferenceErrorKind.TooLarge, refused.Kind);
        Assert.Contains("48", refused.Message, StringComparison.Ordinal);
        foreach (var side in (Truncation[])[Truncation.Left, Truncation.Right])
        {
            using var cut = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of(text)], Truncation = side }, default)).Value!;
            Assert.Equal(48, cut.Tokens(0));
        }
    }

    [Fact]
    public async Task Names_what_it_refuses()
    {
        await using var backend = await Start(Repository.Fixture("models"));
        Assert.Equal(InferenceErrorKind.ModelNotFound, (await Embed(backend, "text", "nobody")).Error!.Kind);
        Assert.Equal(InferenceErrorKind.WrongTask, (await Embed(backend, "text", "tiny-classifier")).Error!.Kind);
        Assert.Equal(InferenceErrorKind.Empty, (await Embed(backend, "", "tiny-mean")).Error!.Kind);
        Assert.Equal(InferenceErrorKind.Empty, (await backend.EmbedAsync(new EmbedRequest { Model = "tiny-mean", Inputs = [] }, default)).Error!.Kind);
        Assert.Equal(InferenceErrorKind.ModelNotFound, (await backend.EmbedAsync(new EmbedRequest { Model = "tiny-mean", Version = "0000", Inputs = [TextInput.Of("x")] }, default)).Error!.Kind);
    }

    [Fact]
    public async Task Refuses_a_broken_model_by_what_is_wrong_and_serves_the_others()
    {
        var root = Repository.Temporary();
        Repository.Copy(Repository.Fixture("models", "tiny-mean"), Path.Combine(root, "good"));
        Break("truncated", folder => Truncate(Path.Combine(folder, "onnx", "model.onnx")));
        Break("not-a-graph", folder => File.WriteAllText(Path.Combine(folder, "onnx", "model.onnx"), "this is no graph"));
        Break("bad-tokenizer", folder => Truncate(Path.Combine(folder, "tokenizer.json")));
        Break("bad-config", folder => File.WriteAllText(Path.Combine(folder, "config.json"), "{ not json"));
        Break("bad-pooling", folder => File.WriteAllText(Path.Combine(folder, "orrery.json"), """{"pooling":"median"}"""));
        Break("missing-graph", folder => File.WriteAllText(Path.Combine(folder, "orrery.json"), """{"file":"onnx/none.onnx"}"""));
        Break("foreign-tokenizer", folder => LargerVocabulary(folder));
        Break("foreign-tokenizer-unsaid", folder =>
        {
            LargerVocabulary(folder);
            File.WriteAllText(Path.Combine(folder, "config.json"), """{"architectures":["BertModel"],"model_type":"bert"}""");
        });

        await using var backend = await Start(root);
        var reasons = backend.Models.ToDictionary(model => model.Name, model => model.Reason ?? "");
        Assert.Contains("model.onnx", reasons["truncated"], StringComparison.Ordinal);
        Assert.Contains("model.onnx", reasons["not-a-graph"], StringComparison.Ordinal);
        Assert.Contains("tokenizer.json", reasons["bad-tokenizer"], StringComparison.Ordinal);
        Assert.Contains("config.json is not JSON", reasons["bad-config"], StringComparison.Ordinal);
        Assert.Contains("'median'", reasons["bad-pooling"], StringComparison.Ordinal);
        Assert.Contains("none.onnx", reasons["missing-graph"], StringComparison.Ordinal);
        Assert.Contains("do not belong together", reasons["foreign-tokenizer"], StringComparison.Ordinal);
        Assert.Contains("belong together?", reasons["foreign-tokenizer-unsaid"], StringComparison.Ordinal);
        Assert.All(backend.Models, model => Assert.Equal(model.Name == "good" ? ModelState.Ready : ModelState.Failed, model.State));
        Assert.Equal(InferenceErrorKind.ModelNotReady, (await Embed(backend, "text", "truncated")).Error!.Kind);
        using var served = (await Embed(backend, "text", "good")).Value!;
        Assert.Equal(32, served.Dimensions);

        static void LargerVocabulary(string folder)
        {
            File.Delete(Path.Combine(folder, "tokenizer.json"));
            File.WriteAllLines(Path.Combine(folder, "vocab.txt"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Enumerable.Range(0, 2000).Select(i => $"word{i}")]);
        }

        void Break(string name, Action<string> how) => how(Repository.Copy(Repository.Fixture("models", "tiny-mean"), Path.Combine(root, name)));
    }

    [Fact]
    public async Task Runs_raw_tensors_and_checks_them_first()
    {
        await using var backend = await Start(Repository.Fixture("models", "tiny-mean"));
        NamedTensor Ids(string name, long[] shape, int bytes) => new() { Name = name, Type = OrtElementType.Int64, Shape = shape, Data = new byte[bytes] };
        TensorRequest Request(params NamedTensor[] inputs) => new() { Model = "", Inputs = inputs };
        NamedTensor mask = Ids("attention_mask", [1, 2], 16), types = Ids("token_type_ids", [1, 2], 16);
        var answer = await backend.InferAsync(Request(Ids("input_ids", [1, 2], 16), mask, types), default);
        Assert.Equal([1, 2, 32], answer.Value!.Outputs[0].Shape);
        Assert.Equal(2 * 32 * 4, answer.Value.Outputs[0].Data.Length);
        Assert.Contains("is missing", (await backend.InferAsync(Request(mask, types), default)).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("bytes", (await backend.InferAsync(Request(Ids("input_ids", [1, 2], 15), mask, types), default)).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("dimensions", (await backend.InferAsync(Request(Ids("input_ids", [2], 16), mask, types), default)).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("no input 'other'", (await backend.InferAsync(Request(Ids("input_ids", [1, 2], 16), mask, types, Ids("other", [1], 8)), default)).Error!.Message, StringComparison.Ordinal);
        // What only the graph can see wrong is the graph's own message, not a crash: this id is outside the embedding table.
        var outside = Ids("input_ids", [1, 2], 16) with { Data = BitConverter.GetBytes(99_999_999L).Concat(new byte[8]).ToArray() };
        Assert.Equal(InferenceErrorKind.Unprocessable, (await backend.InferAsync(Request(outside, mask, types), default)).Error!.Kind);
    }

    [Fact]
    public async Task Swaps_a_reloaded_model_without_failing_a_request()
    {
        await using var backend = await Start(Repository.Fixture("models", "tiny-mean"));
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(async client =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var answer = await Embed(backend, $"client {client} text {i}");
                Assert.Null(answer.Error);
                answer.Value!.Dispose();
            }
        }).ToArray();
        for (var i = 0; i < 5; i++)
            Assert.Equal(ModelState.Ready, (await backend.LoadAsync("tiny-mean", default)).Value!.State);
        await stop.CancelAsync();
        await Task.WhenAll(clients);
    }

    [Fact]
    public async Task Unloads_and_loads_again()
    {
        await using var backend = await Start(Repository.Fixture("models", "tiny-mean"));
        Assert.Equal(ModelState.Unloaded, (await backend.UnloadAsync("tiny-mean", default)).Value!.State);
        Assert.Equal(InferenceErrorKind.ModelNotReady, (await Embed(backend, "text", "tiny-mean")).Error!.Kind);
        await backend.LoadAsync("tiny-mean", default);
        Assert.Null((await Embed(backend, "text", "tiny-mean")).Error);
    }

    [Fact]
    public async Task Cancels_what_nobody_waits_for()
    {
        await using var backend = await Start(Repository.Fixture("models", "tiny-mean"));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of("text")] }, cancelled.Token).AsTask());
    }

    private static async Task<LocalBackend> Start(string directory)
    {
        var options = new EngineOptions { ModelDirectories = [directory], Sessions = 2, ThreadsPerSession = 1, MaxBatchTokens = 256 };
        var backend = await LocalBackend.CreateAsync(options, NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        return backend;
    }

    private static ValueTask<Outcome<TextOutput>> Embed(LocalBackend backend, string text, string model = "") =>
        backend.EmbedAsync(new EmbedRequest { Model = model, Inputs = [TextInput.Of(text)] }, default);

    private static void Truncate(string path)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(file.Length / 2);
    }
}
