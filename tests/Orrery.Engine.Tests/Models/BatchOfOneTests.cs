using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Tests.Support;
using ElementType = Orrery.Onnx.TensorProto.Types.DataType;

namespace Orrery.Engine.Tests.Models;

/// <summary>Graphs as exporters leave them that were traced with one text: token vectors are rows of a table, whatever is around that.</summary>
public sealed class BatchOfOneTests : IDisposable
{
    private const int Vocabulary = 1200;
    private const int Hidden = 4;

    private readonly string _root = Repository.Temporary();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Runs_text_by_text_what_was_traced_with_one()
    {
        Write("traced", Encoder("batch", "sequence").Constant("flat", [1, -1, Hidden], 3).Node("Reshape", "last_hidden_state", ["rows", "flat"]));
        await AnswersEachTextAsAlone("traced");
    }

    [Fact]
    public async Task Runs_text_by_text_what_is_fixed_at_one()
    {
        Write("fixed", Encoder("1", "sequence").Node("Identity", "last_hidden_state", ["rows"]));
        await AnswersEachTextAsAlone("fixed");
    }

    [Fact]
    public async Task Fills_texts_up_to_the_tokens_that_a_graph_is_fixed_at()
    {
        Write("fixed", Encoder("1", "16").Node("Identity", "last_hidden_state", ["rows"]));
        await AnswersEachTextAsAlone("fixed");
        await using var backend = await Start();
        Assert.Equal(16, backend.Find("fixed").Value!.MaxLength);
    }

    [Fact]
    public async Task Runs_text_by_text_what_lets_one_see_the_other()
    {
        Write("mixing", Encoder("batch", "sequence").Constant("half", [0.5f], 1).Node("ReduceMean", "all", ["rows"]).Node("Mul", "some", ["all", "half"])
            .Node("Sub", "last_hidden_state", ["rows", "some"]));
        await AnswersEachTextAsAlone("mixing");
    }

    [Fact]
    public async Task Runs_texts_of_one_length_together_where_a_graph_takes_padding_for_text()
    {
        // Of each text the rows of all its tokens are in every row, those of padding too, whatever the mask says.
        Write("blind", Encoder("batch", "sequence").Constant("axis", [1], 1).Node("ReduceSum", "all", ["rows", "axis"]).Node("Sub", "last_hidden_state", ["rows", "all"]));
        await AnswersEachTextAsAlone("blind");
    }

    [Fact]
    public async Task Goes_on_batching_what_takes_several_texts()
    {
        Write("open", Encoder("batch", "sequence").Node("Identity", "last_hidden_state", ["rows"]));
        await using var backend = await Start();
        var texts = Enumerable.Range(0, 64).Select(i => TextInput.Of($"text {i}")).ToArray();
        using var answer = (await backend.EmbedAsync(new EmbedRequest { Model = "open", Inputs = texts }, default)).Value!;
        Assert.Equal(64, answer.Count);
    }

    [Theory]
    [InlineData("4", "sequence", "4 texts at once")]
    [InlineData("1", "2", "leaves no room")]
    public async Task Refuses_by_name_sizes_that_no_text_fits(string batch, string sequence, string reason)
    {
        Write("odd", Encoder(batch, sequence).Node("Identity", "last_hidden_state", ["rows"]));
        await IsRefused("odd", reason);
    }

    [Fact]
    public async Task Refuses_a_graph_of_fixed_length_that_cannot_tell_padding_from_text()
    {
        Write("blind", new TinyGraph().Input("input_ids", ElementType.Int64, "1", "16").Output("last_hidden_state", ElementType.Float, "1", "16", "hidden")
            .Constant("table", Table(), Vocabulary, Hidden).Node("Gather", "last_hidden_state", ["table", "input_ids"]));
        await IsRefused("blind", "attention_mask");
    }

    [Fact]
    public async Task Refuses_alone_what_fails_while_it_is_loaded()
    {
        // Two tokens, as the proof with the highest id has, and no other number of them.
        Write("broken", Encoder("batch", "sequence").Constant("two", [1, 2, Hidden], 3).Node("Reshape", "last_hidden_state", ["rows", "two"]));
        Write("good", Encoder("batch", "sequence").Node("Identity", "last_hidden_state", ["rows"]));
        await IsRefused("broken", "several tokens");
        await using var backend = await Start();
        Assert.Equal(ModelState.Ready, backend.Find("good").Value!.State);
    }

    private static TinyGraph Encoder(string batch, string sequence) => new TinyGraph()
        .Input("input_ids", ElementType.Int64, batch, sequence).Input("attention_mask", ElementType.Int64, batch, sequence)
        .Output("last_hidden_state", ElementType.Float, batch, sequence, "hidden")
        .Constant("table", Table(), Vocabulary, Hidden).Node("Gather", "rows", ["table", "input_ids"]);

    private static float[] Table()
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, Vocabulary * Hidden).Select(_ => random.NextSingle() - 0.5f)];
    }

    private void Write(string name, TinyGraph graph)
    {
        var directory = Path.Combine(_root, name);
        Directory.CreateDirectory(directory);
        foreach (var file in (string[])["config.json", "tokenizer.json", "tokenizer_config.json"])
            File.Copy(Repository.Fixture("models", "tiny-mean", file), Path.Combine(directory, file));
        graph.Save(Path.Combine(directory, "onnx", "model.onnx"));
    }

    private async Task AnswersEachTextAsAlone(string model)
    {
        await using var backend = await Start();
        Assert.True(backend.Find(model).Value!.State == ModelState.Ready, backend.Find(model).Value!.Reason);
        string[] texts = ["a text", "another one here", "a", "a text with more words in it than the others have"];
        using var together = (await Embed(backend, model, texts)).Value!;
        for (var i = 0; i < texts.Length; i++)
        {
            using var alone = (await Embed(backend, model, texts[i])).Value!;
            Assert.Equal(alone[0].ToArray(), together[i].ToArray());
        }
    }

    private async Task IsRefused(string model, string reason)
    {
        await using var backend = await Start();
        var info = backend.Find(model).Value!;
        Assert.Equal(ModelState.Failed, info.State);
        Assert.Contains(reason, info.Reason, StringComparison.Ordinal);
    }

    /// <summary>Measures, as a server does at its first start: nothing is set that would spare it.</summary>
    private async Task<LocalBackend> Start()
    {
        var backend = await LocalBackend.CreateAsync(new EngineOptions { ModelDirectories = [_root] }, NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        return backend;
    }

    private static ValueTask<Outcome<TextOutput>> Embed(LocalBackend backend, string model, params string[] texts) =>
        backend.EmbedAsync(new EmbedRequest { Model = model, Inputs = [.. texts.Select(TextInput.Of)], Truncation = Truncation.Right }, default);
}
