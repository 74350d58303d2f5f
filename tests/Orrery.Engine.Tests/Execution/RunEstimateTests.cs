using Orrery.Engine.Execution;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Tests.Execution;

public sealed class RunEstimateTests
{
    private readonly RunEstimate _estimate = new(limit: 1L << 30);

    [Fact]
    public void A_first_run_of_one_token_does_not_make_a_prompt_absurd()
    {
        Ran(tokens: 1, bytes: 300_000);
        Assert.Null(_estimate.Check(Of(600)));
    }

    [Fact]
    public void Refuses_what_is_far_beyond_what_the_graph_has_run()
    {
        Ran(tokens: 1, bytes: 300_000);
        Assert.Contains("far beyond", _estimate.Check(Of(100_000))!.Message, StringComparison.Ordinal);
        // Once it has run as many, it may run as many again.
        Ran(tokens: 50_000, bytes: 1_000_000);
        Assert.Null(_estimate.Check(Of(100_000)));
    }

    private void Ran(int tokens, int bytes) =>
        _estimate.Ran(Of(tokens), new TensorOutput("digest", [new NamedTensor { Name = "y", Type = OrtElementType.Float32, Shape = [1, bytes / 4], Data = new byte[bytes] }]));

    private static TensorRequest Of(int tokens) => new() { Model = "", Inputs = [new NamedTensor { Name = "x", Type = OrtElementType.Float32, Shape = [1, tokens], Data = new byte[4 * tokens] }] };
}
