namespace Orrery.Engine.Tokenization;

/// <summary>NFC, NFD, NFKC and NFKD (Unicode Standard Annex 15), with the origin of every character.</summary>
internal sealed class UnicodeForm(bool compatibility, bool compose) : Normalizer
{
    public static UnicodeForm Nfd { get; } = new(compatibility: false, compose: false);

    public override void Apply(NormalizationSpace space)
    {
        // Nothing below these code points decomposes, combines or composes.
        char first = compatibility ? '\u00A0' : compose ? '\u0300' : '\u00C0';
        TextBuffer source = space.Current;
        if (source.Span.IndexOfAnyInRange(first, '\uFFFF') < 0) return;
        CodePointBuffer points = space.CodePoints;
        points.Clear();
        ReadOnlySpan<char> text = source.Span;
        Span<int> hangul = stackalloc int[3];
        for (int i = 0; i < text.Length;)
        {
            int codePoint = CodePoints.At(text, i, out int length);
            ReadOnlySpan<int> to = codePoint < first ? default : UnicodeData.Decompose(codePoint, compatibility, hangul);
            if (to.IsEmpty) points.Add(codePoint, 0);
            for (int part = 0; part < to.Length; part++) points.Add(to[part], part == 0 ? 0 : 1);
            i += length;
        }
        points.OrderMarks();
        if (compose) points.Compose();
        points.WriteTo(source, space.Begin());
        space.Commit();
    }
}

/// <summary>
/// Code points with combining ranks: what a normalization form is worked out on. As in the reference, origins go by count and not by
/// character: each says how many characters more (1: put after the one before) or fewer (-n: n more swallowed) it stands for.
/// </summary>
internal sealed class CodePointBuffer
{
    private struct Entry
    {
        public int CodePoint, Change;
        public byte Rank;
    }

    private Entry[] _entries = new Entry[64];
    private ulong[] _keys = [];
    private int _count;

    public void Clear() => _count = 0;

    public void Add(int codePoint, int change)
    {
        if (_count == _entries.Length) Array.Resize(ref _entries, _count * 2);
        _entries[_count++] = new Entry { CodePoint = codePoint, Change = change, Rank = codePoint < 0x300 ? (byte)0 : UnicodeData.CombiningRank(codePoint) };
    }

    /// <summary>The canonical ordering algorithm; runs out of order are sorted in O(n log n).</summary>
    public void OrderMarks()
    {
        for (int i = 0; i < _count; i++)
        {
            if (_entries[i].Rank == 0) continue;
            int begin = i;
            bool ordered = true;
            while (++i < _count && _entries[i].Rank != 0) ordered &= _entries[i - 1].Rank <= _entries[i].Rank;
            if (!ordered) SortStably(begin, i - begin);
        }
    }

    private void SortStably(int begin, int length)
    {
        if (_keys.Length < length) _keys = new ulong[length];
        Span<ulong> keys = _keys.AsSpan(0, length);
        for (int i = 0; i < length; i++) keys[i] = ((ulong)_entries[begin + i].Rank << 32) | (uint)i;
        keys.Sort(_entries.AsSpan(begin, length));
    }

    /// <summary>The canonical composition algorithm, in place.</summary>
    public void Compose()
    {
        int kept = 0, starter = -1, lastRank = 0;
        for (int i = 0; i < _count; i++)
        {
            Entry entry = _entries[i];
            if (starter >= 0 && (kept == starter + 1 || lastRank < entry.Rank))
            {
                int composite = UnicodeData.Compose(_entries[starter].CodePoint, entry.CodePoint);
                if (composite >= 0)
                {
                    _entries[starter].CodePoint = composite;
                    _entries[starter].Change += entry.Change - 1;
                    continue;
                }
            }
            if (entry.Rank == 0) starter = kept;
            lastRank = entry.Rank;
            _entries[kept++] = entry;
        }
        _count = kept;
    }

    public void WriteTo(TextBuffer source, TextBuffer destination)
    {
        ReadOnlySpan<char> text = source.Span;
        int at = 0, lastStart = 0, lastEnd = 0;
        foreach (ref readonly Entry entry in _entries.AsSpan(0, _count))
        {
            int start = lastStart, end = lastEnd;
            for (int taken = entry.Change; taken <= 0; taken++)
            {
                CodePoints.At(text, at, out int length);
                (lastStart, lastEnd) = (source.StartOf(at), source.EndOf(at + length - 1));
                if (taken == entry.Change) (start, end) = (lastStart, lastEnd);
                at += length;
            }
            destination.AppendCodePoint(entry.CodePoint, start, end);
        }
    }
}
