using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Orrery.Engine.Tokenization;

/// <summary>What a Split or Replace looks for: a literal or a regex.</summary>
internal sealed class TextPattern(string? literal, Regex? regex)
{
    // .NET's regex sees UTF-16 units, so that \p{L} misses letters beyond the Basic Multilingual Plane, and its Unicode version
    // is not the reference's. Where it matters it reads a shadow text instead: one unit a code point, each of the right category.
    private const char FirstShadowed = '\u0870';

    private static readonly char[] s_unitOfCategory = BuildUnits();

    public static TextPattern Literal(string text) => new(text, null);

    public static TextPattern Matching(Regex regex) => new(null, regex);

    /// <summary>Takes matches in order; empty ones are left out.</summary>
    public Enumerator Find(ReadOnlySpan<char> text) => new(text, literal, regex);

    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<char> _text;
        private readonly string? _literal;
        private Regex.ValueMatchEnumerator _matches;
        private readonly int[]? _positions;
        private readonly char[]? _shadow;
        private readonly TimeLimit _time = new();

        public Enumerator(ReadOnlySpan<char> text, string? literal, Regex? regex)
        {
            _text = text;
            _literal = literal;
            if (regex is null) return;
            if (text.IndexOfAnyInRange(FirstShadowed, '\uFFFF') < 0)
            {
                _matches = regex.EnumerateMatches(text);
                return;
            }
            _shadow = ArrayPool<char>.Shared.Rent(text.Length);
            _positions = ArrayPool<int>.Shared.Rent(text.Length + 1);
            int count = 0;
            for (int i = 0; i < text.Length; count++)
            {
                _positions[count] = i;
                _shadow[count] = ShadowOf(CodePoints.At(text, i, out int length));
                i += length;
            }
            _positions[count] = text.Length;
            _matches = regex.EnumerateMatches(_shadow.AsSpan(0, count));
        }

        public int Start { get; private set; }

        public int End { get; private set; }

        public bool MoveNext()
        {
            if (_literal is not null)
            {
                int at = _literal.Length == 0 ? -1 : _text[End..].IndexOf(_literal, StringComparison.Ordinal);
                if (at < 0) return false;
                Start = End + at;
                End = Start + _literal.Length;
                return true;
            }
            while (Next())
            {
                ValueMatch match = _matches.Current;
                if (match.Length == 0) continue;
                (Start, End) = (match.Index, match.Index + match.Length);
                if (_positions is not null) (Start, End) = (_positions[Start], _positions[End]);
                return true;
            }
            return false;
        }

        private bool Next()
        {
            _time.Check();
            try
            {
                return _matches.MoveNext();
            }
            catch (RegexMatchTimeoutException e)
            {
                throw new TokenizationException($"the tokenizer's pattern '{(e.Pattern.Length > 80 ? e.Pattern[..80] + "…" : e.Pattern)}' takes longer than {e.MatchTimeout.TotalSeconds:0} s over a match", e);
            }
        }

        public readonly void Dispose()
        {
            if (_shadow is null) return;
            ArrayPool<char>.Shared.Return(_shadow);
            ArrayPool<int>.Shared.Return(_positions!);
        }
    }

    private static char ShadowOf(int codePoint)
    {
        if (codePoint < FirstShadowed) return (char)codePoint;
        if (codePoint is >= 0x20000 and < 0x40000) return '\u4E00'; // the ideographic planes
        UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(codePoint);
        bool isLetter = category <= UnicodeCategory.OtherLetter;
        bool isNumber = category is >= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber;
        if ((isLetter && !UnicodeData.Is(codePoint, CharClass.RegexLetter)) || (isNumber && !UnicodeData.Is(codePoint, CharClass.RegexNumber)))
            category = UnicodeCategory.OtherNotAssigned; // newer than the reference
        else if (codePoint < 0x10000) return (char)codePoint;
        return s_unitOfCategory[(int)category];
    }

    private static char[] BuildUnits()
    {
        // The highest unit of each category: none that a pattern would name.
        var units = new char[30];
        for (int c = 0; c < 0xFFFF; c++) units[(int)CharUnicodeInfo.GetUnicodeCategory((char)c)] = (char)c;
        return units;
    }
}
