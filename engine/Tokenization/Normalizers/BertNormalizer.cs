using System.Buffers;

namespace Orrery.Engine.Tokenization;

/// <summary>BERT's clean-up: drops control characters, sets CJK ideographs apart, strips accents, lowers case.</summary>
internal sealed class BertNormalizer(bool cleanText, bool handleChineseChars, bool stripAccents, bool lowercase) : Normalizer
{
    private static readonly SearchValues<char> s_plainAscii =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(c => (char)c)]);

    public override bool Lowercases => lowercase;

    /// <summary>The same with other settings; itself where they are its own.</summary>
    public BertNormalizer With(bool chineseChars, bool accents, bool lower) =>
        (chineseChars, accents, lower) == (handleChineseChars, stripAccents, lowercase) ? this : new BertNormalizer(cleanText, chineseChars, accents, lower);

    public override void Apply(NormalizationSpace space)
    {
        ReadOnlySpan<char> text = space.Current.Span;
        if (text.IndexOfAnyExcept(s_plainAscii) < 0)
        {
            if (!lowercase) return;
            space.Begin().AppendAsciiLower(space.Current);
            space.Commit();
            return;
        }
        if (cleanText || handleChineseChars) CleanAndSpace(space);
        if (stripAccents)
        {
            UnicodeForm.Nfd.Apply(space);
            Filter.Remove(space, CharClass.BertAccent);
        }
        if (lowercase) Lowercase.Instance.Apply(space);
    }

    private void CleanAndSpace(NormalizationSpace space)
    {
        TextBuffer source = space.Current, destination = space.Begin();
        ReadOnlySpan<char> text = source.Span;
        for (int i = 0; i < text.Length;)
        {
            int codePoint = CodePoints.At(text, i, out int length);
            int start = source.StartOf(i), end = source.EndOf(i + length - 1);
            i += length;
            if (codePoint is >= 0x20 and < 0x7F)
            {
                destination.Append((char)codePoint, start, end);
                continue;
            }
            if (cleanText)
            {
                if (CodePoints.IsWhiteSpace(codePoint))
                {
                    // Vertical tab and the like are both control and white space: control is asked first.
                    if (!UnicodeData.Is(codePoint, CharClass.BertControl)) destination.Append(' ', start, end);
                    continue;
                }
                if (UnicodeData.Is(codePoint, CharClass.BertControl)) continue;
            }
            bool apart = handleChineseChars && IsIdeograph(codePoint);
            if (apart) destination.Append(' ', start, end);
            destination.AppendCodePoint(codePoint, start, end);
            if (apart) destination.Append(' ', start, end);
        }
        space.Commit();
    }

    // The blocks that BERT's own tokenization.py names.
    private static bool IsIdeograph(int c) => c >= 0x3400 && (c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F)
        or (>= 0x2B920 and <= 0x2CEAF) or (>= 0x2F800 and <= 0x2FA1F));
}

/// <summary>Full lower case, one character at a time (no final sigma), as Rust's char::to_lowercase.</summary>
internal sealed class Lowercase : Normalizer
{
    public static Lowercase Instance { get; } = new();

    public override bool Lowercases => true;

    public override void Apply(NormalizationSpace space)
    {
        TextBuffer source = space.Current, destination = space.Begin();
        ReadOnlySpan<char> text = source.Span;
        if (System.Text.Ascii.IsValid(text)) destination.AppendAsciiLower(source);
        else
        {
            for (int i = 0; i < text.Length;)
            {
                int codePoint = CodePoints.At(text, i, out int length);
                int start = source.StartOf(i), end = source.EndOf(i + length - 1);
                ReadOnlySpan<int> lower = UnicodeData.Lower(codePoint);
                if (lower.IsEmpty) destination.AppendCodePoint(codePoint, start, end);
                foreach (int part in lower) destination.AppendCodePoint(part, start, end);
                i += length;
            }
        }
        space.Commit();
    }
}

/// <summary>Removes combining marks (StripAccents); decompose first.</summary>
internal sealed class StripAccents : Normalizer
{
    public override void Apply(NormalizationSpace space) => Filter.Remove(space, CharClass.Mark);
}

internal static class Filter
{
    /// <summary>Removes the characters of a class that holds nothing below U+0300.</summary>
    public static void Remove(NormalizationSpace space, CharClass removed)
    {
        if (space.Current.Span.IndexOfAnyInRange('\u0300', '\uFFFF') < 0) return;
        TextBuffer source = space.Current, destination = space.Begin();
        ReadOnlySpan<char> text = source.Span;
        for (int i = 0; i < text.Length;)
        {
            int codePoint = CodePoints.At(text, i, out int length);
            if (!UnicodeData.Is(codePoint, removed)) destination.AppendFrom(source, i, length);
            i += length;
        }
        space.Commit();
    }
}
