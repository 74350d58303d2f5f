namespace Orrery.Engine.Tokenization;

/// <summary>Text being normalized, and for each UTF-16 unit the range of the original text it came from (only when tracked).</summary>
internal sealed class TextBuffer
{
    private char[] _chars = new char[256];
    private int[] _starts = [];
    private int[] _ends = [];

    public int Length { get; private set; }

    /// <summary>Whether origins are kept. Untracked buffers answer 0 for every origin.</summary>
    public bool Tracks { get; private set; }

    /// <summary>The most UTF-16 units that it may hold, looked at where it would have to grow.</summary>
    public int Limit { get; set; } = int.MaxValue;

    public ReadOnlySpan<char> Span => _chars.AsSpan(0, Length);

    public void Clear(bool tracks)
    {
        Length = 0;
        Tracks = tracks;
    }

    public int StartOf(int index) => Tracks ? _starts[index] : 0;

    public int EndOf(int index) => Tracks ? _ends[index] : 0;

    public void Append(char c, int start, int end)
    {
        if (Length == _chars.Length || (Tracks && Length >= _starts.Length)) Grow(1);
        if (Tracks)
        {
            _starts[Length] = start;
            _ends[Length] = end;
        }
        _chars[Length++] = c;
    }

    public void AppendCodePoint(int codePoint, int start, int end)
    {
        if (codePoint < 0x10000)
        {
            Append((char)codePoint, start, end);
            return;
        }
        Append((char)(0xD7C0 + (codePoint >> 10)), start, end);
        Append((char)(0xDC00 + (codePoint & 0x3FF)), start, end);
    }

    /// <summary>Appends original text that begins at <paramref name="offset"/>; both halves of a surrogate pair get the pair's range.</summary>
    public void AppendOriginal(ReadOnlySpan<char> text, int offset)
    {
        int at = Length;
        text.CopyTo(Take(text.Length));
        if (!Tracks) return;
        for (int i = 0; i < text.Length; i++)
        {
            _starts[at + i] = offset + i - (char.IsLowSurrogate(text[i]) && i > 0 && char.IsHighSurrogate(text[i - 1]) ? 1 : 0);
            _ends[at + i] = offset + i + (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1);
        }
    }

    public void AppendFrom(TextBuffer source, int start, int length)
    {
        if (Tracks) source.CopyOriginsTo(this, start, length);
        source._chars.AsSpan(start, length).CopyTo(Take(length));
    }

    /// <summary>Appends ASCII text in lower case, with the origins of <paramref name="source"/>.</summary>
    public void AppendAsciiLower(TextBuffer source)
    {
        if (Tracks) source.CopyOriginsTo(this, 0, source.Length);
        System.Text.Ascii.ToLower(source.Span, Take(source.Length), out _);
    }

    /// <summary>Gives room of this length at the end, to be filled by the caller.</summary>
    private Span<char> Take(int length)
    {
        if (Length + length > _chars.Length || (Tracks && Length + length > _starts.Length)) Grow(length);
        Length += length;
        return _chars.AsSpan(Length - length, length);
    }

    private void CopyOriginsTo(TextBuffer destination, int start, int length)
    {
        if (destination.Length + length > destination._starts.Length) destination.Grow(length);
        _starts.AsSpan(start, length).CopyTo(destination._starts.AsSpan(destination.Length));
        _ends.AsSpan(start, length).CopyTo(destination._ends.AsSpan(destination.Length));
    }

    private void Grow(int more)
    {
        if ((long)Length + more > Limit) throw new TokenizationException($"the tokenizer's normalizers make more than {Limit} characters of a text");
        int size = Math.Max(checked(Length + more), _chars.Length);
        if (Length + more > _chars.Length) Array.Resize(ref _chars, size = Math.Max(size, _chars.Length * 2));
        if (!Tracks || _starts.Length >= _chars.Length) return;
        Array.Resize(ref _starts, _chars.Length);
        Array.Resize(ref _ends, _chars.Length);
    }
}
