using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="ElementType">Its element type; <see cref="OrtElementType.Undefined"/> when it is no tensor (a sequence or map).</param>
/// <param name="Shape">Its dimensions; -1 for one that may vary.</param>
/// <param name="DimensionNames">The name of each dimension that may vary, such as <c>batch</c>; null for the others.</param>
public sealed record OrtTensorInfo(
    string Name, OrtElementType ElementType, ImmutableArray<long> Shape, ImmutableArray<string?> DimensionNames)
{
    internal static OrtTensorInfo Of(string name, NodeMetadata metadata) => metadata.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR
        ? new(name, (OrtElementType)metadata.ElementDataType, [.. metadata.Dimensions.Select(size => (long)size)],
            [.. metadata.SymbolicDimensions.Select(dimension => dimension is { Length: > 0 } ? dimension : null)])
        : new(name, OrtElementType.Undefined, [], []);
}
