using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.OpenInference;

/// <summary>Tensor data as JSON arrays, nested or flat, to packed little-endian bytes. Both forms are legal whatever the shape.</summary>
internal static class JsonTensor
{
    // As deep as the JSON parser goes.
    private const int MaxDepth = 12;

    /// <summary>Packs numbers and booleans.</summary>
    /// <param name="data">The array.</param>
    /// <param name="type">A type that JSON can hold.</param>
    /// <param name="elements">How many there must be.</param>
    /// <param name="packed">The bytes.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Pack(JsonElement data, OrtElementType type, long elements, out byte[] packed)
    {
        packed = [];
        // An element takes at least two characters in JSON, so a shape that claims more than the body can hold is found before memory is taken for it.
        if (elements * 2 - 1 > data.GetRawText().Length)
            return $"has fewer elements than its shape's {elements}";
        packed = new byte[elements * type.SizeOf()];
        var at = 0;
        return PackInto(data, type, packed, ref at, 0)
            ?? (at == packed.Length ? null : $"has {at / type.SizeOf()} elements, but its shape {elements}");
    }

    /// <summary>Collects strings as UTF-8.</summary>
    public static string? Strings(JsonElement data, List<ReadOnlyMemory<byte>> strings, int depth = 0)
    {
        if (data.ValueKind == JsonValueKind.String)
        {
            strings.Add(Encoding.UTF8.GetBytes(data.GetString()!));
            return null;
        }

        if (data.ValueKind != JsonValueKind.Array || depth > MaxDepth)
            return "must be an array of strings";
        foreach (var item in data.EnumerateArray())
        {
            if (Strings(item, strings, depth + 1) is { } wrong)
                return wrong;
        }

        return null;
    }

    private static string? PackInto(JsonElement data, OrtElementType type, byte[] packed, ref int at, int depth)
    {
        if (data.ValueKind != JsonValueKind.Array || depth > MaxDepth)
            return "must be an array";
        foreach (var item in data.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Array)
            {
                if (PackInto(item, type, packed, ref at, depth + 1) is { } wrong)
                    return wrong;
                continue;
            }

            if (at >= packed.Length)
                return "has more elements than its shape";
            if (!TryPack(item, type, packed.AsSpan(at)))
                return $"has {Shorten(item.GetRawText())}, which is no {DataTypes.NameOf(type)}";
            at += type.SizeOf();
        }

        return null;
    }

    private static bool TryPack(JsonElement item, OrtElementType type, Span<byte> to)
    {
        if (type == OrtElementType.Bool)
        {
            to[0] = item.ValueKind == JsonValueKind.True ? (byte)1 : (byte)0;
            return item.ValueKind is JsonValueKind.True or JsonValueKind.False;
        }

        if (item.ValueKind != JsonValueKind.Number)
            return false;
        switch (type)
        {
            case OrtElementType.Float32 when item.TryGetSingle(out var value) && float.IsFinite(value):
                BinaryPrimitives.WriteSingleLittleEndian(to, value);
                return true;
            case OrtElementType.Float64 when item.TryGetDouble(out var value) && double.IsFinite(value):
                BinaryPrimitives.WriteDoubleLittleEndian(to, value);
                return true;
            case OrtElementType.Int64 when item.TryGetInt64(out var value):
                BinaryPrimitives.WriteInt64LittleEndian(to, value);
                return true;
            case OrtElementType.Int32 when item.TryGetInt32(out var value):
                BinaryPrimitives.WriteInt32LittleEndian(to, value);
                return true;
            case OrtElementType.Int16 when item.TryGetInt16(out var value):
                BinaryPrimitives.WriteInt16LittleEndian(to, value);
                return true;
            case OrtElementType.Int8 when item.TryGetSByte(out var value):
                to[0] = (byte)value;
                return true;
            case OrtElementType.UInt64 when item.TryGetUInt64(out var value):
                BinaryPrimitives.WriteUInt64LittleEndian(to, value);
                return true;
            case OrtElementType.UInt32 when item.TryGetUInt32(out var value):
                BinaryPrimitives.WriteUInt32LittleEndian(to, value);
                return true;
            case OrtElementType.UInt16 when item.TryGetUInt16(out var value):
                BinaryPrimitives.WriteUInt16LittleEndian(to, value);
                return true;
            case OrtElementType.UInt8 when item.TryGetByte(out var value):
                to[0] = value;
                return true;
            default:
                return false;
        }
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
