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
    public void Pools_token_vectors(Pooling pooling, float first, float second)
    {
        var pooled = new float[2];
        Pooler.Pool(_tokens, 2, pooling, pooled);
        Assert.Equal([first, second], pooled);
        var cut = new float[1];
        Pooler.Pool(_tokens, 2, pooling, cut);
        Assert.Equal([first], cut);
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
