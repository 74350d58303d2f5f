using System.Collections.Immutable;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>One input or output of a graph.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="ElementType">Its elements; <see cref="OrtElementType.Undefined"/> when it is no tensor (a sequence or map).</param>
/// <param name="Shape">Sizes, outermost first; -1 where any size fits.</param>
/// <param name="DimensionNames">The graph's names of the sizes that vary (batch_size …); null where it gives none.</param>
public sealed record OrtTensorInfo(string Name, OrtElementType ElementType, ImmutableArray<long> Shape, ImmutableArray<string?> DimensionNames);

/// <summary>What a graph says of itself.</summary>
/// <param name="Producer">The exporter's name.</param>
/// <param name="GraphName">The graph's name.</param>
/// <param name="Domain">The model's domain.</param>
/// <param name="Description">Free text.</param>
/// <param name="Version">The model's version number.</param>
/// <param name="Custom">Further keys and values.</param>
public sealed record OrtModelMetadata(
    string Producer, string GraphName, string Domain, string Description, long Version, ImmutableDictionary<string, string> Custom);
