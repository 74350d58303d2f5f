namespace Orrery.Engine.Tokenization;

/// <summary>What becomes of the delimiter at a cut.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Joins matches and the text between them into pieces as a <see cref="SplitBehavior"/> says; feed it every segment in order.</summary>
internal ref struct SegmentJoiner(PieceSink pieces, SplitBehavior behavior)
{
    private int _start, _end = -1; // a piece not yet given, because the next segment may join it
    private bool _previousIsMatch;

    public void Add(int start, int end, bool isMatch)
    {
        if (start == end) return;
        if (behavior == SplitBehavior.Removed)
        {
            if (!isMatch) pieces.Add(start, end);
            return;
        }
        bool joins = _end >= 0 && behavior switch
        {
            SplitBehavior.MergedWithPrevious => isMatch && !_previousIsMatch,
            SplitBehavior.MergedWithNext => !isMatch && _previousIsMatch,
            SplitBehavior.Contiguous => isMatch == _previousIsMatch,
            _ => false,
        };
        if (!joins)
        {
            Finish();
            _start = start;
        }
        _end = end;
        _previousIsMatch = isMatch;
    }

    public void Finish()
    {
        if (_end >= 0) pieces.Add(_start, _end);
    }
}

/// <summary>Cuts at a literal or a regex.</summary>
internal sealed class Split(TextPattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer, ISplitter
{
    public override void Apply(PreTokenizedText text) => text.Split(this);

    void ISplitter.Split(ReadOnlySpan<char> text, PieceSink pieces)
    {
        var joiner = new SegmentJoiner(pieces, behavior);
        int from = 0;
        using TextPattern.Enumerator matches = pattern.Find(text);
        while (matches.MoveNext())
        {
            joiner.Add(from, matches.Start, invert);
            joiner.Add(matches.Start, matches.End, !invert);
            from = matches.End;
        }
        joiner.Add(from, text.Length, invert);
        joiner.Finish();
    }
}

/// <summary>Cuts at every code point of a kind: Punctuation, Digits, WhitespaceSplit and CharDelimiterSplit.</summary>
internal sealed class SplitAt(Func<int, bool> isDelimiter, SplitBehavior behavior) : PreTokenizer, ISplitter
{
    public override void Apply(PreTokenizedText text) => text.Split(this);

    public void Split(ReadOnlySpan<char> text, PieceSink pieces)
    {
        var joiner = new SegmentJoiner(pieces, behavior);
        int from = 0;
        for (int i = 0; i < text.Length;)
        {
            int codePoint = CodePoints.At(text, i, out int length);
            if (isDelimiter(codePoint))
            {
                joiner.Add(from, i, isMatch: false);
                joiner.Add(i, i + length, isMatch: true);
                from = i + length;
            }
            i += length;
        }
        joiner.Add(from, text.Length, isMatch: false);
        joiner.Finish();
    }
}

/// <summary>Runs of word characters, and runs of what is neither word nor white space: \w+|[^\w\s]+.</summary>
internal sealed class Whitespace : PreTokenizer, ISplitter
{
    public override void Apply(PreTokenizedText text) => text.Split(this);

    public void Split(ReadOnlySpan<char> text, PieceSink pieces)
    {
        int start = 0, kind = 0;
        for (int i = 0; i < text.Length;)
        {
            int codePoint = CodePoints.At(text, i, out int length);
            int next = CodePoints.IsWhiteSpace(codePoint) ? 0 : UnicodeData.Is(codePoint, CharClass.Word) ? 1 : 2;
            if (next != kind)
            {
                if (kind != 0) pieces.Add(start, i);
                start = i;
                kind = next;
            }
            i += length;
        }
        if (kind != 0) pieces.Add(start, text.Length);
    }
}
