using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>
/// The bytes in which a vector is kept: float32 as they are, little-endian, or for <see cref="VectorElement.Int8"/> a float32 scale and a signed byte a
/// component, which then stands for scale times byte.
/// </summary>
internal static class VectorCodec
{
    /// <summary>Bytes of one vector.</summary>
    public static int Bytes(VectorElement element, int dimension) =>
        element == VectorElement.Float32 ? dimension * sizeof(float) : sizeof(float) + dimension;

    /// <summary>Writes a vector's bytes.</summary>
    /// <param name="element">How.</param>
    /// <param name="vector">Finite components.</param>
    /// <param name="destination">As many as <see cref="Bytes"/> says.</param>
    public static void Encode(VectorElement element, ReadOnlySpan<float> vector, Span<byte> destination)
    {
        if (element == VectorElement.Float32)
        {
            MemoryMarshal.AsBytes(vector).CopyTo(destination);
            return;
        }

        var scale = Math.Abs(TensorPrimitives.MaxMagnitude(vector)) / sbyte.MaxValue;
        // The largest float32 divided and multiplied again would round beyond itself.
        if (!float.IsFinite(scale * sbyte.MaxValue))
            scale = MathF.BitDecrement(scale);
        BinaryPrimitives.WriteSingleLittleEndian(destination, scale);
        var codes = MemoryMarshal.Cast<byte, sbyte>(destination[sizeof(float)..]);
        for (var i = 0; i < vector.Length; i++)
            codes[i] = scale == 0 ? (sbyte)0 : (sbyte)Math.Clamp(MathF.Round(vector[i] / scale), -sbyte.MaxValue, sbyte.MaxValue);
    }

    /// <summary>Reads a vector from its bytes.</summary>
    /// <param name="element">How they were written.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="destination">As long as the vector.</param>
    /// <returns>False when there are not as many bytes as such a vector has.</returns>
    public static bool TryDecode(VectorElement element, ReadOnlySpan<byte> data, Span<float> destination)
    {
        if (data.Length != Bytes(element, destination.Length))
            return false;
        if (element == VectorElement.Float32)
        {
            data.CopyTo(MemoryMarshal.AsBytes(destination));
            return true;
        }

        TensorPrimitives.ConvertChecked<sbyte, float>(MemoryMarshal.Cast<byte, sbyte>(data[sizeof(float)..]), destination);
        TensorPrimitives.Multiply(destination, BinaryPrimitives.ReadSingleLittleEndian(data), destination);
        return true;
    }
}
