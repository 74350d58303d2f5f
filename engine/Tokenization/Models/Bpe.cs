namespace Orrery.Engine.Tokenization;

/// <summary>Byte-pair encoding (Sennrich et al. 2016) over characters, with byte fallback; byte-level BPE is this over <see cref="ByteAlphabet"/>.</summary>
internal sealed class Bpe : TokenModel
{
    private readonly MergeTable _merges;
    private readonly int _unknownId;
    private readonly string _prefix, _suffix;
    private readonly bool _fuseUnknown, _ignoreMerges;
    private readonly int[]? _byteIds;
    private readonly WordCache _cache = new();

    public Bpe(Vocabulary vocabulary, MergeTable merges, int unknownId, string continuingPrefix, string endOfWordSuffix,
        bool fuseUnknown, bool byteFallback, bool ignoreMerges) : base(vocabulary)
    {
        (_merges, _unknownId, _prefix, _suffix) = (merges, unknownId, continuingPrefix, endOfWordSuffix);
        (_fuseUnknown, _ignoreMerges) = (fuseUnknown, ignoreMerges);
        _byteIds = byteFallback ? ByteFallback.Ids(vocabulary) : null;
    }

    public override int UnknownId => _unknownId;

    public override bool MarksContinuation => _prefix.Length > 0;

    public override void Tokenize(ReadOnlySpan<char> piece, TokenSink tokens, ModelSpace space)
    {
        if (!_cache.TryGet(piece, out ReadOnlySpan<int> triples))
        {
            triples = Encode(piece, space);
            _cache.Set(piece, triples);
        }
        for (; triples.Length >= 3; triples = triples[3..]) tokens.Add(triples[0], triples[1], triples[2]);
    }

    private ReadOnlySpan<int> Encode(ReadOnlySpan<char> piece, ModelSpace space)
    {
        if (_ignoreMerges && Vocabulary.IdOf(piece) is >= 0 and var whole)
        {
            Span<int> one = space.Ids(3);
            (one[0], one[1], one[2]) = (whole, 0, piece.Length);
            return one;
        }
        BpeWord word = space.Word;
        word.Clear();
        AddSymbols(piece, word);
        word.Merge(_merges);
        Span<int> triples = space.Ids(word.Count * 3);
        int count = 0;
        for (int at = word.Count == 0 ? -1 : 0; at >= 0;)
        {
            word.Read(at, out triples[count], out triples[count + 1], out triples[count + 2], out at);
            count += 3;
        }
        return triples[..count];
    }

    private void AddSymbols(ReadOnlySpan<char> piece, BpeWord word)
    {
        int unknownStart = -1, unknownEnd = -1;
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < piece.Length;)
        {
            CodePoints.At(piece, i, out int length);
            ReadOnlySpan<char> symbol = piece.Slice(i, length);
            int start = i, end = i + length;
            i = end;
            int id = IdOf(symbol, first: start == 0, last: end == piece.Length);
            if (id >= 0)
            {
                if (unknownStart >= 0) word.Add(_unknownId, unknownStart, unknownEnd);
                unknownStart = -1;
                word.Add(id, start, end);
            }
            else if (_byteIds is not null && System.Text.Encoding.UTF8.GetBytes(symbol, bytes) is var count && ByteFallback.Covers(_byteIds, bytes[..count]))
            {
                foreach (byte b in bytes[..count]) word.Add(_byteIds[b], start, end);
            }
            else if (_unknownId >= 0)
            {
                bool fuse = unknownStart >= 0 && _fuseUnknown;
                if (unknownStart >= 0 && !fuse) word.Add(_unknownId, unknownStart, unknownEnd);
                if (!fuse) unknownStart = start;
                unknownEnd = end;
            }
        }
        if (unknownStart >= 0) word.Add(_unknownId, unknownStart, unknownEnd);
    }

    private int IdOf(ReadOnlySpan<char> symbol, bool first, bool last)
    {
        if ((first || _prefix.Length == 0) && (!last || _suffix.Length == 0)) return Vocabulary.IdOf(symbol);
        return Vocabulary.IdOf(string.Concat(first ? "" : _prefix, symbol, last ? _suffix : ""));
    }
}

/// <summary>The tokens &lt;0x00&gt; to &lt;0xFF&gt; that stand for bytes of what the vocabulary lacks.</summary>
internal static class ByteFallback
{
    /// <summary>Most UTF-8 bytes for one UTF-16 unit.</summary>
    public const int MaxBytesPerUnit = 3;

    /// <summary>Their ids by byte, -1 for those that are not there: Gemma's vocabulary has 255, for a tab is a piece of its own. Null when there is none.</summary>
    public static int[]? Ids(Vocabulary vocabulary)
    {
        var ids = new int[256];
        for (int b = 0; b < 256; b++) ids[b] = vocabulary.IdOf($"<0x{b:X2}>");
        return ids.AsSpan().ContainsAnyExcept(-1) ? ids : null;
    }

    /// <summary>Whether there is a token for each of these bytes: else what they stand for is unknown as a whole.</summary>
    public static bool Covers(int[] ids, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
            if (ids[b] < 0) return false;
        return true;
    }

    /// <summary>Whether some are there and others not.</summary>
    public static bool IsPartial(Vocabulary vocabulary) => Ids(vocabulary) is { } ids && ids.AsSpan().Contains(-1);

    /// <summary>The byte of such a token, or -1.</summary>
    public static int ByteOf(ReadOnlySpan<char> token) =>
        token.Length == 6 && token.StartsWith("<0x") && token[5] == '>'
        && byte.TryParse(token[3..5], System.Globalization.NumberStyles.AllowHexSpecifier, null, out byte value) ? value : -1;
}
