using System.Collections.Immutable;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>Element types, with the C API's numbers (ONNXTensorElementDataType).</summary>
public enum OrtElementType
{
    /// <summary>Not a tensor.</summary>
    Undefined = 0,
    /// <summary>FP32.</summary>
    Float32 = 1,
    /// <summary>UINT8.</summary>
    UInt8 = 2,
    /// <summary>INT8.</summary>
    Int8 = 3,
    /// <summary>UINT16.</summary>
    UInt16 = 4,
    /// <summary>INT16.</summary>
    Int16 = 5,
    /// <summary>INT32.</summary>
    Int32 = 6,
    /// <summary>INT64.</summary>
    Int64 = 7,
    /// <summary>BYTES.</summary>
    String = 8,
    /// <summary>BOOL.</summary>
    Bool = 9,
    /// <summary>FP16.</summary>
    Float16 = 10,
    /// <summary>FP64.</summary>
    Float64 = 11,
    /// <summary>UINT32.</summary>
    UInt32 = 12,
    /// <summary>UINT64.</summary>
    UInt64 = 13,
    /// <summary>BF16.</summary>
    BFloat16 = 16,
}

/// <summary>One input or output of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ElementType">Its type.</param>
/// <param name="Shape">Its sizes; -1 = dynamic.</param>
/// <param name="DimensionNames">Symbolic names of dynamic dimensions; null where none.</param>
public sealed record OrtTensorInfo(string Name, OrtElementType ElementType, ImmutableArray<long> Shape, ImmutableArray<string?> DimensionNames);
