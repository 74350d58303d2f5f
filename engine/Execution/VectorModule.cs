using System.Numerics.Tensors;

namespace Orrery.Engine.Execution;

/// <summary>One step that a pooled vector goes through. Immutable: the threads of a model share it.</summary>
internal abstract class VectorModule
{
    /// <summary>Floats it gives for so many.</summary>
    public abstract int WidthOf(int input);

    /// <param name="input">A vector of the width that it was made for.</param>
    /// <param name="output">[<see cref="WidthOf"/>], elsewhere.</param>
    public abstract void Apply(ReadOnlySpan<float> input, Span<float> output);
}

/// <summary>A linear layer and what is applied to its output: activation(W x + b).</summary>
/// <param name="weights">[outputs, inputs].</param>
/// <param name="bias">[outputs]; empty for none.</param>
/// <param name="outputs">Floats it gives.</param>
/// <param name="activation">Applied in place.</param>
internal sealed class DenseModule(float[] weights, float[] bias, int outputs, Activation activation) : VectorModule
{
    public override int WidthOf(int input) => outputs;

    public override void Apply(ReadOnlySpan<float> input, Span<float> output)
    {
        for (var i = 0; i < output.Length; i++)
            output[i] = TensorPrimitives.Dot(weights.AsSpan(i * input.Length, input.Length), input);
        if (bias.Length > 0)
            TensorPrimitives.Add(output, bias, output);
        activation(output);
    }
}

/// <summary>Layer normalization (Ba et al. 2016): (x - mean) / sqrt(variance + epsilon) * weights + bias.</summary>
internal sealed class LayerNormModule(float[] weights, float[] bias) : VectorModule
{
    // PyTorch's default, which the reference does not change.
    private const float Epsilon = 1e-5f;

    public override int WidthOf(int input) => input;

    public override void Apply(ReadOnlySpan<float> input, Span<float> output)
    {
        TensorPrimitives.Subtract(input, TensorPrimitives.Sum(input) / input.Length, output);
        var variance = TensorPrimitives.SumOfSquares<float>(output) / output.Length;
        TensorPrimitives.Divide(output, MathF.Sqrt(variance + Epsilon), output);
        TensorPrimitives.MultiplyAdd(output, weights, bias, output);
    }
}

/// <summary>Scales to unit length where more follows.</summary>
internal sealed class UnitLengthModule : VectorModule
{
    public override int WidthOf(int input) => input;

    public override void Apply(ReadOnlySpan<float> input, Span<float> output)
    {
        input.CopyTo(output);
        Pooler.Normalize(output);
    }
}
