using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>
/// Finds damage in the write-ahead log that a process left which was killed. SQLite itself takes the first frame that contradicts its checksum for the
/// end, and would drop acknowledged transactions after it without a word. The layout is that of https://www.sqlite.org/fileformat.html#walformat.
/// </summary>
internal static class JournalCheck
{
    private const int HeaderBytes = 32;
    private const int FrameHeaderBytes = 24;
    private const uint BigEndianSums = 1;

    /// <summary>Says what is wrong with a journal; null when nothing is, or there is none.</summary>
    /// <param name="path">The journal.</param>
    /// <remarks>
    /// A transaction begins when the one before is on the disk. So at most the last one may be incomplete after a loss of power, and no more than one
    /// frame that ends a transaction can follow the first frame that is wrong. Damage to the last transaction cannot be told from that.
    /// </remarks>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? Check(string path)
    {
        if (!File.Exists(path))
            return null;
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (RandomAccess.Read(file, header, 0) < HeaderBytes)
            return null;
        var sums = new Sums(bigEndian: (header[3] & BigEndianSums) != 0);
        sums.Add(header[..24]);
        if (!sums.Are(header[24..]))
            return "has a journal whose header is damaged";
        var salts = header[16..24];
        var frame = new byte[FrameHeaderBytes + BinaryPrimitives.ReadInt32BigEndian(header[8..])];
        var whole = true;
        var endsAfterDamage = 0;
        for (long at = HeaderBytes; RandomAccess.Read(file, frame, at) == frame.Length; at += frame.Length)
        {
            var isOfThisJournal = frame.AsSpan(8, 8).SequenceEqual(salts);
            if (whole)
            {
                sums.Add(frame.AsSpan(0, 8));
                sums.Add(frame.AsSpan(FrameHeaderBytes));
                whole = isOfThisJournal && sums.Are(frame.AsSpan(16, 8));
            }

            var endsTransaction = BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(4)) != 0;
            if (!whole && isOfThisJournal && endsTransaction && ++endsAfterDamage > 1)
                return "has a journal with damaged pages in it";
        }

        return null;
    }

    /// <summary>The journal's running checksums: two sums over 32-bit words in the byte order that its header names.</summary>
    private struct Sums(bool bigEndian)
    {
        private uint _first;
        private uint _second;

        public void Add(ReadOnlySpan<byte> bytes)
        {
            var words = MemoryMarshal.Cast<byte, uint>(bytes);
            for (var i = 0; i < words.Length; i += 2)
            {
                _first += (bigEndian ? BinaryPrimitives.ReverseEndianness(words[i]) : words[i]) + _second;
                _second += (bigEndian ? BinaryPrimitives.ReverseEndianness(words[i + 1]) : words[i + 1]) + _first;
            }
        }

        public readonly bool Are(ReadOnlySpan<byte> bytes) =>
            BinaryPrimitives.ReadUInt32BigEndian(bytes) == _first && BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) == _second;
    }
}
