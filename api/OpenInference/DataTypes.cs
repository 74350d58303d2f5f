using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.OpenInference;

/// <summary>The protocol's names of element types.</summary>
internal static class DataTypes
{
    private static readonly (string Name, OrtElementType Type)[] _types =
    [
        ("BOOL", OrtElementType.Bool), ("UINT8", OrtElementType.UInt8), ("UINT16", OrtElementType.UInt16), ("UINT32", OrtElementType.UInt32),
        ("UINT64", OrtElementType.UInt64), ("INT8", OrtElementType.Int8), ("INT16", OrtElementType.Int16), ("INT32", OrtElementType.Int32),
        ("INT64", OrtElementType.Int64), ("FP16", OrtElementType.Float16), ("BF16", OrtElementType.BFloat16), ("FP32", OrtElementType.Float32),
        ("FP64", OrtElementType.Float64), ("BYTES", OrtElementType.String),
    ];

    /// <returns><see cref="OrtElementType.Undefined"/> for a name that is none.</returns>
    public static OrtElementType Parse(string name)
    {
        foreach (var (known, type) in _types)
        {
            if (known == name)
                return type;
        }

        return OrtElementType.Undefined;
    }

    public static string NameOf(OrtElementType type)
    {
        foreach (var (name, known) in _types)
        {
            if (known == type)
                return name;
        }

        return "UNDEFINED";
    }
}
