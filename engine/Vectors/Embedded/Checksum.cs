using System.Buffers.Binary;
using System.Numerics;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>CRC-32C (RFC 3720, appendix B.4) of a row's number and content: torn, moved and damaged rows are found.</summary>
internal static class Checksum
{
    /// <summary>Where a row's checksum begins.</summary>
    public static uint Start(long row) => BitOperations.Crc32C(uint.MaxValue, (ulong)row);

    /// <summary>Goes on over bytes and their number, so that what is beside each other cannot be moved from one to the other.</summary>
    public static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        var length = bytes.Length;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return BitOperations.Crc32C(crc, (uint)length);
    }

    /// <summary>Goes on over a number.</summary>
    public static uint Add(uint crc, long value) => BitOperations.Crc32C(crc, (ulong)value);

    public static uint OfRecord(long row, ReadOnlySpan<byte> id, ReadOnlySpan<byte> metadata) => Add(Add(Start(row), id), metadata);

    public static uint OfVector(long row, ReadOnlySpan<byte> data) => Add(Start(row), data);

    /// <summary>Of one entry of the index over metadata. It has the field's name, so the list of names is proven with it.</summary>
    public static uint OfTerm(long row, ReadOnlySpan<byte> field, double number, ReadOnlySpan<byte> value) =>
        Add(Add(Add(Start(row), field), BitConverter.DoubleToInt64Bits(number)), value);
}
