using Orrery.Engine.Models;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Tests.Models;

/// <summary>What a graph's logits are, by its outputs and the architecture that config.json names.</summary>
public sealed class HeadLayoutTests
{
    [Theory]
    [InlineData(ModelTask.TokenClassifier)]
    [InlineData(ModelTask.Sparse)]
    public void Takes_logits_a_token_for_what_the_architecture_says(ModelTask head) => Assert.Equal(head, Layout(null, head, ("logits", 3)).Task);

    [Fact]
    public void Embeds_with_what_an_exporter_left_of_a_model_with_a_head() =>
        // all-mpnet-base-v2 is an MPNetForMaskedLM, whose export has no head.
        Assert.Equal((ModelTask.Embedding, 0), (Layout(null, ModelTask.Sparse, ("last_hidden_state", 3)).Task, Layout(null, ModelTask.Sparse, ("last_hidden_state", 3)).Output));

    [Fact]
    public void Embeds_when_the_modules_say_so_and_keeps_logits_out_of_the_layers()
    {
        var layout = Layout(ModelTask.Embedding, ModelTask.Sparse, ("logits", 3), ("last_hidden_state", 3));
        Assert.Equal((ModelTask.Embedding, 1, 0), (layout.Task, layout.Output, layout.Layers.Length));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(ModelTask.Embedding)]
    public void Refuses_to_embed_with_logits(ModelTask? task) =>
        Assert.Contains("no embedding", Assert.Throws<ModelFormatException>(() => Layout(task, null, ("logits", 3))).Message, StringComparison.Ordinal);

    [Fact]
    public void Refuses_a_head_that_the_graph_does_not_have() =>
        Assert.Contains("logits", Assert.Throws<ModelFormatException>(() => Layout(ModelTask.TokenClassifier, null, ("last_hidden_state", 3))).Message, StringComparison.Ordinal);

    private static GraphLayout Layout(ModelTask? task, ModelTask? head, params (string Name, int Rank)[] outputs) => GraphLayout.Recognize(
        [Tensor("input_ids", OrtElementType.Int64, 2), Tensor("attention_mask", OrtElementType.Int64, 2)],
        [.. outputs.Select(output => Tensor(output.Name, OrtElementType.Float32, output.Rank))], task, head, null, null)!;

    private static OrtTensorInfo Tensor(string name, OrtElementType type, int rank) =>
        new(name, type, [.. Enumerable.Repeat(-1L, rank)], [.. Enumerable.Repeat<string?>("n", rank)]);
}
