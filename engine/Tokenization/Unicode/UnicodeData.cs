using System.IO.Compression;

namespace Orrery.Engine.Tokenization;

/// <summary>Character classes as the reference tokenizers draw them (see unicode.mjs for how each is asked).</summary>
[Flags]
internal enum CharClass : byte
{
    None = 0,
    BertControl = 1,
    BertAccent = 2,
    Mark = 4,
    Punctuation = 8,
    Word = 16,
    Numeric = 32,
    RegexLetter = 64,
    RegexNumber = 128,
}

/// <summary>Decompositions, compositions, lower case and classes of every code point; read once from <see cref="UnicodeTables"/>.</summary>
internal static class UnicodeData
{
    private static readonly CodePointTable<byte> s_classes = new();
    private static readonly CodePointTable<byte> s_ranks = new();
    private static readonly Mapping s_canonical;
    private static readonly Mapping s_compatibility;
    private static readonly Mapping s_lower;
    private static readonly Dictionary<ulong, int> s_composites = [];

    // Hangul syllables decompose and compose by arithmetic: The Unicode Standard, section 3.12.
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7;
    private const int LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;

    static UnicodeData()
    {
        using var deflated = new DeflateStream(new MemoryStream(Convert.FromBase64String(UnicodeTables.Data)), CompressionMode.Decompress);
        using var data = new MemoryStream();
        deflated.CopyTo(data);
        data.Position = 0;
        for (int c = 0; c < 0x110000;)
        {
            int run = ReadVarint(data);
            s_classes.SetRange(c, run, (byte)data.ReadByte());
            c += run;
        }
        s_canonical = new Mapping(data);
        s_compatibility = new Mapping(data);
        s_lower = new Mapping(data);
        foreach ((int composite, int[] pair) in ReadSection(data)) s_composites[Pair(pair[0], pair[1])] = composite;
        foreach ((int mark, int[] rank) in ReadSection(data)) s_ranks.SetRange(mark, 1, (byte)rank[0]);
    }

    public static bool Is(int codePoint, CharClass any) => (s_classes[codePoint] & (byte)any) != 0;

    /// <summary>Order of the canonical combining class among all classes; 0 for a starter.</summary>
    public static byte CombiningRank(int codePoint) => s_ranks[codePoint];

    /// <summary>Full lower case; empty when the code point is its own.</summary>
    public static ReadOnlySpan<int> Lower(int codePoint) => s_lower[codePoint];

    /// <summary>Full decomposition into <paramref name="hangul"/> (length 3) or a table; empty when the code point is its own.</summary>
    public static ReadOnlySpan<int> Decompose(int codePoint, bool compatibility, Span<int> hangul)
    {
        int s = codePoint - SBase;
        if ((uint)s < SCount)
        {
            hangul[0] = LBase + (s / (VCount * TCount));
            hangul[1] = VBase + (s % (VCount * TCount) / TCount);
            hangul[2] = TBase + (s % TCount);
            return hangul[..(hangul[2] == TBase ? 2 : 3)];
        }
        if (compatibility && s_compatibility[codePoint] is { Length: > 0 } to) return to;
        return s_canonical[codePoint];
    }

    /// <summary>The primary composite of two code points, or -1.</summary>
    public static int Compose(int first, int second)
    {
        if ((uint)(first - LBase) < LCount && (uint)(second - VBase) < VCount)
            return SBase + ((((first - LBase) * VCount) + second - VBase) * TCount);
        if ((uint)(first - SBase) < SCount && (first - SBase) % TCount == 0 && (uint)(second - TBase - 1) < TCount - 1)
            return first + second - TBase;
        return s_composites.TryGetValue(Pair(first, second), out int composite) ? composite : -1;
    }

    private static ulong Pair(int first, int second) => ((ulong)first << 32) | (uint)second;

    private static int ReadVarint(MemoryStream data)
    {
        int value = 0;
        for (int shift = 0; ; shift += 7)
        {
            int b = data.ReadByte();
            value |= (b & 127) << shift;
            if (b < 128) return value;
        }
    }

    private static IEnumerable<(int CodePoint, int[] To)> ReadSection(MemoryStream data)
    {
        int count = ReadVarint(data), codePoint = 0;
        for (int i = 0; i < count; i++)
        {
            codePoint += ReadVarint(data);
            var to = new int[ReadVarint(data)];
            for (int j = 0; j < to.Length; j++) to[j] = ReadVarint(data);
            yield return (codePoint, to);
        }
    }

    /// <summary>Code point to a few code points, flattened into one array: [length, code points ...] at each index.</summary>
    private sealed class Mapping
    {
        private readonly CodePointTable<ushort> _index = new();
        private readonly int[] _values;

        public Mapping(MemoryStream data)
        {
            var values = new List<int> { 0 };
            foreach ((int codePoint, int[] to) in ReadSection(data))
            {
                _index.SetRange(codePoint, 1, checked((ushort)values.Count));
                values.Add(to.Length);
                values.AddRange(to);
            }
            _values = [.. values];
        }

        public ReadOnlySpan<int> this[int codePoint]
        {
            get
            {
                int at = _index[codePoint];
                return _values.AsSpan(at + 1, _values[at]);
            }
        }
    }

    /// <summary>A two-stage table of 256-value blocks; equal whole blocks of one value are shared.</summary>
    private sealed class CodePointTable<T> where T : unmanaged, IEquatable<T>
    {
        private readonly ushort[] _blocks = new ushort[0x110000 >> 8];
        private readonly Dictionary<T, ushort> _uniform = new() { [default] = 0 };
        private T[] _values = new T[256];

        public T this[int codePoint] => _values[(_blocks[codePoint >> 8] << 8) | (codePoint & 255)];

        public void SetRange(int start, int count, T value)
        {
            for (int end = start + count; start < end;)
            {
                int block = start >> 8, next = Math.Min(end, (block + 1) << 8);
                if (next - start == 256)
                {
                    if (!_uniform.TryGetValue(value, out ushort shared)) _uniform[value] = shared = AddBlock(value);
                    _blocks[block] = shared;
                }
                else if (!value.Equals(default))
                {
                    if (_blocks[block] == 0) _blocks[block] = AddBlock(default);
                    _values.AsSpan((_blocks[block] << 8) | (start & 255), next - start).Fill(value);
                }
                start = next;
            }
        }

        private ushort AddBlock(T value)
        {
            int at = _values.Length;
            Array.Resize(ref _values, at + 256);
            _values.AsSpan(at).Fill(value);
            return (ushort)(at >> 8);
        }
    }
}
