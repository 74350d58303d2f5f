using Orrery.Engine.Execution;

namespace Orrery.Engine.Tests.Execution;

public sealed class PoolerTests
{
    // Three tokens of two components.
    private static readonly float[] _tokens = [1, 2, 3, 8, 5, -4];

    [Theory]
    [InlineData(Pooling.Mean, 3, 2)]
    [InlineData(Pooling.Cls, 1, 2)]
    [InlineData(Pooling.Max, 5, 8)]
    [InlineData(Pooling.LastToken, 5, -4)]
    [InlineData(Pooling.MeanSqrtLength, 5.196152f, 3.464102f)]
    [InlineData(Pooling.WeightedMean, 3.6666667f, 1)]
    public void Pools_token_vectors(Pooling pooling, float first, float second)
    {
        var pooled = new float[2];
        Pooler.Pool(_tokens, 2, 0, pooling, pooled);
        Assert.Equal(first, pooled[0], 1e-5);
        Assert.Equal(second, pooled[1], 1e-5);
        var cut = new float[1];
        Pooler.Pool(_tokens, 2, 0, pooling, cut);
        Assert.Equal(first, cut[0], 1e-5);
    }

    [Theory]
    [InlineData(Pooling.Mean, 4, 0.5f)]
    [InlineData(Pooling.Cls, 3, 5)]
    [InlineData(Pooling.Max, 5, 5)]
    [InlineData(Pooling.LastToken, 5, -4)]
    [InlineData(Pooling.MeanSqrtLength, 5.656854f, 0.7071068f)]
    [InlineData(Pooling.WeightedMean, 4.2f, -0.4f)]
    public void Leaves_out_tokens_at_the_beginning_which_keep_their_places(Pooling pooling, float first, float second)
    {
        // The second token has another first component than _tokens: 3, 5.
        float[] tokens = [1, 2, 3, 5, 5, -4];
        var pooled = new float[2];
        Pooler.Pool(tokens, 2, 1, pooling, pooled);
        Assert.Equal(first, pooled[0], 1e-5);
        Assert.Equal(second, pooled[1], 1e-5);
        Pooler.Pool(tokens, 2, 3, pooling, pooled);
        Assert.Equal([0f, 0f], pooled);
    }

    [Fact]
    public void Scales_to_unit_length_and_leaves_zero_alone()
    {
        float[] vector = [3, 4];
        Pooler.Normalize(vector);
        Assert.Equal([0.6f, 0.8f], vector);
        float[] zero = [0, 0];
        Pooler.Normalize(zero);
        Assert.Equal([0f, 0f], zero);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Sees_what_is_not_finite(float value)
    {
        Assert.False(Pooler.IsFinite([1, value]));
        Assert.True(Pooler.IsFinite([1, 2]));
    }
}
