using System.Buffers;

namespace Orrery.Engine.Tokenization;

/// <summary>A token that is found in the text before anything is cut.</summary>
internal sealed record AddedToken(int Id, string Content, bool Special, bool Normalized, bool LeftStrip, bool RightStrip, bool SingleWord);

/// <summary>Finds added tokens in text: leftmost, then longest.</summary>
internal sealed class AddedTokens
{
    private readonly CharTrie _trie;
    private readonly SearchValues<char> _firsts;
    private readonly AddedToken[] _tokens;

    /// <param name="tokens">The tokens to find, with the text each one is written as.</param>
    public AddedTokens(IReadOnlyList<(AddedToken Token, string Pattern)> tokens)
    {
        _trie = new CharTrie(tokens.Sum(t => t.Pattern.Length) + 1);
        _tokens = [.. tokens.Select(t => t.Token)];
        for (int i = 0; i < tokens.Count; i++)
            if (tokens[i].Pattern.Length > 0) _trie.Add(0, tokens[i].Pattern, i);
        _firsts = SearchValues.Create([.. tokens.Where(t => t.Pattern.Length > 0).Select(t => t.Pattern[0]).Distinct()]);
    }

    /// <summary>The next added token at or after <paramref name="from"/>, with the white space that it swallows.</summary>
    public bool Find(ReadOnlySpan<char> text, int from, out int start, out int end, out int id)
    {
        for (int scan = from; ;)
        {
            int skip = text[scan..].IndexOfAny(_firsts);
            if (skip < 0)
            {
                (start, end, id) = (text.Length, text.Length, -1);
                return false;
            }
            start = scan + skip;
            int index = _trie.LongestPrefix(0, text[start..], out int length);
            if (index < 0)
            {
                scan = start + 1;
                continue;
            }
            AddedToken token = _tokens[index];
            end = start + length;
            if (token.SingleWord && (EndsWithWord(text[..start]) || StartsWithWord(text[end..])))
            {
                scan = end;
                continue;
            }
            if (token.LeftStrip)
                while (start > from && char.IsWhiteSpace(text[start - 1])) start--;
            if (token.RightStrip)
                while (end < text.Length && char.IsWhiteSpace(text[end])) end++;
            id = token.Id;
            return true;
        }
    }

    private static bool StartsWithWord(ReadOnlySpan<char> text) => text.Length > 0 && UnicodeData.Is(CodePoints.At(text, 0, out _), CharClass.Word);

    private static bool EndsWithWord(ReadOnlySpan<char> text) =>
        text.Length > 0 && UnicodeData.Is(CodePoints.At(text, text.Length > 1 && char.IsLowSurrogate(text[^1]) ? text.Length - 2 : text.Length - 1, out _), CharClass.Word);
}
