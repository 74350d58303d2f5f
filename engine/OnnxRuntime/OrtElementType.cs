namespace Orrery.Engine.OnnxRuntime;

/// <summary>Element types of tensors, with the C API's numbers (ONNXTensorElementDataType).</summary>
public enum OrtElementType
{
    /// <summary>Not a tensor, or a type this version does not know.</summary>
    Undefined = 0,

    /// <summary>IEEE 754 single precision, 4 bytes.</summary>
    Float32 = 1,

    /// <summary>Unsigned, 1 byte.</summary>
    UInt8 = 2,

    /// <summary>Signed, 1 byte.</summary>
    Int8 = 3,

    /// <summary>Unsigned, 2 bytes.</summary>
    UInt16 = 4,

    /// <summary>Signed, 2 bytes.</summary>
    Int16 = 5,

    /// <summary>Signed, 4 bytes.</summary>
    Int32 = 6,

    /// <summary>Signed, 8 bytes.</summary>
    Int64 = 7,

    /// <summary>Strings of any length, UTF-8.</summary>
    String = 8,

    /// <summary>0 or 1, 1 byte.</summary>
    Bool = 9,

    /// <summary>IEEE 754 half precision, 2 bytes.</summary>
    Float16 = 10,

    /// <summary>IEEE 754 double precision, 8 bytes.</summary>
    Float64 = 11,

    /// <summary>Unsigned, 4 bytes.</summary>
    UInt32 = 12,

    /// <summary>Unsigned, 8 bytes.</summary>
    UInt64 = 13,

    /// <summary>The upper half of single precision, 2 bytes.</summary>
    BFloat16 = 16,
}

/// <summary>Sizes of element types.</summary>
public static class OrtElementTypes
{
    /// <summary>Bytes of one element; 0 for strings and types without a fixed size.</summary>
    public static int SizeOf(this OrtElementType type) => type switch
    {
        OrtElementType.UInt8 or OrtElementType.Int8 or OrtElementType.Bool => 1,
        OrtElementType.UInt16 or OrtElementType.Int16 or OrtElementType.Float16 or OrtElementType.BFloat16 => 2,
        OrtElementType.Float32 or OrtElementType.Int32 or OrtElementType.UInt32 => 4,
        OrtElementType.Float64 or OrtElementType.Int64 or OrtElementType.UInt64 => 8,
        _ => 0,
    };
}
