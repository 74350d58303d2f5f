using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Interfaces.Wire;

/// <summary>A named tensor by value.</summary>
[GenerateSerializer, Immutable, Alias("orrery.tensor")]
public sealed class Tensor
{
    /// <summary>The graph's name for it.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>The element type.</summary>
    [Id(1)]
    public required OrtElementType Type { get; init; }

    /// <summary>Sizes, outermost first.</summary>
    [Id(2)]
    public required long[] Shape { get; init; }

    /// <summary>The elements, row-major little-endian; empty for strings.</summary>
    [Id(3)]
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The elements of a string tensor as UTF-8.</summary>
    [Id(4)]
    public ReadOnlyMemory<byte>[]? Strings { get; init; }

    /// <summary>From the engine's.</summary>
    public static Tensor Of(NamedTensor tensor) => new() { Name = tensor.Name, Type = tensor.Type, Shape = tensor.Shape, Data = tensor.Data, Strings = tensor.Strings is { } strings ? [.. strings] : null };

    /// <summary>To the engine's.</summary>
    public NamedTensor ToNamed() => new() { Name = Name, Type = Type, Shape = Shape, Data = Data, Strings = Strings };

    /// <summary>From the engine's, all.</summary>
    public static Tensor[] Of(IReadOnlyList<NamedTensor> tensors)
    {
        var result = new Tensor[tensors.Count];
        for (var i = 0; i < result.Length; i++)
            result[i] = Of(tensors[i]);
        return result;
    }

    /// <summary>To the engine's, all.</summary>
    public static NamedTensor[] ToNamed(Tensor[] tensors) => Array.ConvertAll(tensors, tensor => tensor.ToNamed());
}

/// <summary>Asks a replica for one run of its graph.</summary>
[GenerateSerializer, Immutable, Alias("orrery.infer")]
public sealed class InferCall
{
    /// <summary>The inputs.</summary>
    [Id(0)]
    public required Tensor[] Inputs { get; init; }

    /// <summary>The outputs wanted; empty for all.</summary>
    [Id(1)]
    public required string[] Outputs { get; init; }

    /// <summary>Who waits, and how long.</summary>
    [Id(2)]
    public required Terms Terms { get; init; }

    /// <summary>As the engine takes it.</summary>
    /// <param name="model">The replica's model.</param>
    public TensorRequest ToRequest(string model) => new() { Model = model, Inputs = Tensor.ToNamed(Inputs), Outputs = Outputs, Priority = Terms.Priority, Timeout = Terms.Timeout };
}
