namespace Orrery.Engine.OnnxRuntime;

// These are the types' names.
#pragma warning disable CA1720

/// <summary>A tensor's element type, by the numbers of <c>ONNXTensorElementDataType</c> in the C API.</summary>
public enum OrtElementType
{
    /// <summary>Not a tensor.</summary>
    Undefined,
    /// <summary>IEEE 754 single, <see cref="float"/>.</summary>
    Float32,
    /// <summary><see cref="byte"/>.</summary>
    UInt8,
    /// <summary><see cref="sbyte"/>.</summary>
    Int8,
    /// <summary><see cref="ushort"/>.</summary>
    UInt16,
    /// <summary><see cref="short"/>.</summary>
    Int16,
    /// <summary><see cref="int"/>.</summary>
    Int32,
    /// <summary><see cref="long"/>.</summary>
    Int64,
    /// <summary>UTF-8 text.</summary>
    String,
    /// <summary>One byte, 0 or 1, <see cref="bool"/>.</summary>
    Bool,
    /// <summary>IEEE 754 half, <see cref="Half"/>.</summary>
    Float16,
    /// <summary>IEEE 754 double, <see cref="double"/>.</summary>
    Float64,
    /// <summary><see cref="uint"/>.</summary>
    UInt32,
    /// <summary><see cref="ulong"/>.</summary>
    UInt64,
    /// <summary>Two float32.</summary>
    Complex64,
    /// <summary>Two float64.</summary>
    Complex128,
    /// <summary>The upper 16 bits of a float32.</summary>
    BFloat16,
    /// <summary>One byte: 4 bits of exponent, 3 of mantissa, no infinities.</summary>
    Float8E4M3FN,
    /// <summary>One byte: as E4M3FN, with one zero and one NaN.</summary>
    Float8E4M3FNUZ,
    /// <summary>One byte: 5 bits of exponent, 2 of mantissa.</summary>
    Float8E5M2,
    /// <summary>One byte: as E5M2, with one zero and one NaN.</summary>
    Float8E5M2FNUZ,
    /// <summary>Two to a byte, unsigned.</summary>
    UInt4,
    /// <summary>Two to a byte, signed.</summary>
    Int4,
    /// <summary>Two to a byte: 2 bits of exponent, 1 of mantissa.</summary>
    Float4E2M1,
    /// <summary>Four to a byte, unsigned.</summary>
    UInt2,
    /// <summary>Four to a byte, signed.</summary>
    Int2,
    /// <summary>One byte: a power of two.</summary>
    Float8E8M0,
}

#pragma warning restore CA1720

/// <summary>Facts about element types.</summary>
public static class OrtElementTypes
{
    /// <summary>Bits that one element takes; 0 for text and for what is no tensor.</summary>
    public static int Bits(this OrtElementType type) => type switch
    {
        OrtElementType.Undefined or OrtElementType.String => 0,
        OrtElementType.UInt2 or OrtElementType.Int2 => 2,
        OrtElementType.UInt4 or OrtElementType.Int4 or OrtElementType.Float4E2M1 => 4,
        OrtElementType.UInt16 or OrtElementType.Int16 or OrtElementType.Float16 or OrtElementType.BFloat16 => 16,
        OrtElementType.Float32 or OrtElementType.Int32 or OrtElementType.UInt32 => 32,
        OrtElementType.Int64 or OrtElementType.UInt64 or OrtElementType.Float64 or OrtElementType.Complex64 => 64,
        OrtElementType.Complex128 => 128,
        _ => 8,
    };

    /// <summary>Bytes of one element; 0 for text and for types of less than a byte.</summary>
    public static int SizeOf(this OrtElementType type) => type.Bits() / 8;

    /// <summary>Bytes that <paramref name="count"/> elements take, the last partly used byte counted whole.</summary>
    public static nuint ByteLength(this OrtElementType type, long count) =>
        checked((nuint)((count * type.Bits() + 7) / 8));
}
