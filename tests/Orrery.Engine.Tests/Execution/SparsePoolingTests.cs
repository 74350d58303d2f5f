using Orrery.Engine.Execution;

namespace Orrery.Engine.Tests.Execution;

public sealed class SparsePoolingTests
{
    // Two tokens over a vocabulary of four.
    private static readonly float[] s_logits = [1, -2, 0.5f, -1, 3, -1, 0.25f, 0];

    [Fact]
    public void Takes_the_maximum_of_each_entry() => AssertWeights(new SparsePooling(false, false), (0, MathF.Log(4)), (2, MathF.Log(1.5f)));

    [Fact]
    public void Takes_the_sum_over_tokens() => AssertWeights(new SparsePooling(true, false), (0, MathF.Log(2) + MathF.Log(4)), (2, MathF.Log(1.5f) + MathF.Log(1.25f)));

    [Fact]
    public void Takes_the_logarithm_twice_when_told() => AssertWeights(new SparsePooling(false, true), (0, MathF.Log(1 + MathF.Log(4))), (2, MathF.Log(1 + MathF.Log(1.5f))));

    private static void AssertWeights(SparsePooling pooling, params (int Index, float Value)[] expected)
    {
        // What was there before does not matter.
        var (weights, space) = (new float[] { 9, 9, 9, 9 }, new float[] { 9, 9, 9, 9 });
        pooling.Pool(s_logits, weights, space);
        var vector = SparsePooling.Gather(weights);
        Assert.Equal(expected.Select(one => one.Index), vector.Indices);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i].Value, vector.Values[i], 1e-6f);
    }
}
