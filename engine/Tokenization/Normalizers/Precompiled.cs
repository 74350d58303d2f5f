using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Orrery.Engine.Tokenization;

/// <summary>
/// SentencePiece's precompiled character map: a double-array trie of UTF-8 keys (Darts), then NUL-terminated replacements.
/// Applied to grapheme clusters of fewer than six bytes whole, else to single characters, as the reference does.
/// </summary>
internal sealed class Precompiled : Normalizer
{
    private const int MaxGraphemeBytes = 5;

    private readonly uint[] _units;
    private readonly byte[] _replacements;

    /// <exception cref="FormatException">The map is cut short.</exception>
    public Precompiled(ReadOnlySpan<byte> map)
    {
        if (map.Length < 4) throw new FormatException("the character map has no size");
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(map);
        if (size > map.Length - 4 || size % 4 != 0) throw new FormatException($"the character map's trie of {size} bytes does not fit its {map.Length} bytes");
        _units = new uint[size / 4];
        for (int i = 0; i < _units.Length; i++) _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(4 + (i * 4))..]);
        _replacements = map[(4 + (int)size)..].ToArray();
    }

    public override void Apply(NormalizationSpace space)
    {
        TextBuffer source = space.Current, destination = space.Begin();
        ReadOnlySpan<char> text = source.Span;
        for (int i = 0; i < text.Length;)
        {
            int length = i + 1 < text.Length && text[i] < 0x80 && text[i + 1] < 0x80 && text[i] != '\r' ? 1 : StringInfo.GetNextTextElementLength(text[i..]);
            if (!TryReplace(source, i, length, destination))
            {
                for (int end = i + length, at = i; at < end;)
                {
                    CodePoints.At(text, at, out int one);
                    if (length == one || !TryReplace(source, at, one, destination)) destination.AppendFrom(source, at, one);
                    at += one;
                }
            }
            i += length;
        }
        space.Commit();
    }

    /// <summary>Replaces a chunk whole by what the shortest key that begins it stands for.</summary>
    private bool TryReplace(TextBuffer source, int start, int length, TextBuffer destination)
    {
        ReadOnlySpan<char> chunk = source.Span.Slice(start, length);
        Span<byte> bytes = stackalloc byte[MaxGraphemeBytes];
        if (length > MaxGraphemeBytes || !System.Text.Encoding.UTF8.TryGetBytes(chunk, bytes, out int count)) return false;
        int at = Find(bytes[..count]);
        if (at < 0) return false;
        ReadOnlySpan<byte> replacement = _replacements.AsSpan(at);
        int end = replacement.IndexOf((byte)0);
        if (end >= 0) replacement = replacement[..end];
        // Characters take origins one for one; further ones that of the last.
        int from = start, lastStart = 0, lastEnd = 0;
        while (!replacement.IsEmpty)
        {
            Rune.DecodeFromUtf8(replacement, out Rune rune, out int consumed);
            replacement = replacement[consumed..];
            if (from < start + length)
            {
                CodePoints.At(source.Span, from, out int one);
                (lastStart, lastEnd) = (source.StartOf(from), source.EndOf(from + one - 1));
                from += one;
            }
            destination.AppendCodePoint(rune.Value, lastStart, lastEnd);
        }
        return true;
    }

    /// <summary>The value of the shortest key that begins the bytes, or -1 (Darts-clone's unit layout).</summary>
    private int Find(ReadOnlySpan<byte> key)
    {
        if (_units.Length == 0) return -1;
        uint node = Offset(_units[0]);
        foreach (byte b in key)
        {
            if (b == 0) return -1;
            node ^= b;
            if (node >= _units.Length) return -1;
            uint unit = _units[node];
            if ((unit & ((1u << 31) | 0xFF)) != b) return -1;
            node ^= Offset(unit);
            if (((unit >> 8) & 1) == 0) continue;
            if (node >= _units.Length) return -1;
            int value = (int)(_units[node] & int.MaxValue);
            return value < _replacements.Length ? value : -1;
        }
        return -1;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);
}
