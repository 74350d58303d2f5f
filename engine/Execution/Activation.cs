using System.Numerics.Tensors;

namespace Orrery.Engine.Execution;

/// <summary>Applied to a vector in place.</summary>
internal delegate void Activation(Span<float> vector);

/// <summary>PyTorch's activations, with their default parameters: models name the class, and no release writes parameters beside it.</summary>
internal static class Activations
{
    private static readonly string[] _names = ["Identity", "Tanh", "ReLU", "Sigmoid", "SiLU", "GELU", "LeakyReLU", "ELU"];

    /// <summary>The names that <see cref="Find"/> knows.</summary>
    public static string Known => string.Join(", ", _names);

    /// <summary>An activation by the full name of its class, such as <c>torch.nn.modules.activation.Tanh</c>.</summary>
    /// <returns>Null when it is not one of PyTorch's that are known here.</returns>
    public static Activation? Find(string name) => !name.StartsWith("torch.nn.", StringComparison.Ordinal) ? null : name[(name.LastIndexOf('.') + 1)..] switch
    {
        "Identity" => Nothing,
        "Tanh" => static vector => TensorPrimitives.Tanh(vector, vector),
        "ReLU" => static vector => TensorPrimitives.Max(vector, 0f, vector),
        "Sigmoid" => static vector => TensorPrimitives.Sigmoid(vector, vector),
        "SiLU" => static vector => Each(vector, static x => x / (1 + MathF.Exp(-x))),
        "GELU" => static vector => Each(vector, static x => 0.5f * x * (1 + Erf(x / MathF.Sqrt(2)))),
        "LeakyReLU" => static vector => Each(vector, static x => x < 0 ? 0.01f * x : x),
        "ELU" => static vector => Each(vector, static x => x < 0 ? MathF.Exp(x) - 1 : x),
        _ => null,
    };

    private static void Each(Span<float> vector, Func<float, float> function)
    {
        foreach (ref var value in vector)
            value = function(value);
    }

    /// <summary>The error function, to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).</summary>
    private static float Erf(float x)
    {
        var t = 1 / (1 + (0.3275911 * Math.Abs(x)));
        var series = t * (0.254829592 + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429))))))));
        return (float)Math.CopySign(1 - (series * Math.Exp(-(double)x * x)), x);
    }

    private static void Nothing(Span<float> vector)
    {
    }
}
