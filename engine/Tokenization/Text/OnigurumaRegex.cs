using System.Text;
using System.Text.RegularExpressions;

namespace Orrery.Engine.Tokenization;

/// <summary>Makes a .NET regex of the Oniguruma ones that tokenizer files hold.</summary>
internal static class OnigurumaRegex
{
    // \p{Han} within the Basic Multilingual Plane (Scripts.txt); .NET has no scripts. TextPattern maps the rest here.
    private const string Han = @"\u2E80-\u2E99\u2E9B-\u2EF3\u2F00-\u2FD5\u3005\u3007\u3021-\u3029\u3038-\u303B\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFA6D\uFA70-\uFAD9";

    // A match of a published pattern takes microseconds; one that goes back over what it has read may take for ever.
    private static readonly TimeSpan s_longestMatch = TimeSpan.FromSeconds(1);

    /// <exception cref="ArgumentException">.NET cannot compile it.</exception>
    public static Regex Compile(string pattern) =>
        new(Translate(pattern), RegexOptions.Compiled | RegexOptions.CultureInvariant | RegexOptions.Multiline, s_longestMatch);

    /// <summary>Writes possessive quantifiers (X++) as atomic groups and \p{Han} as ranges; the rest is the same in both.</summary>
    internal static string Translate(string pattern)
    {
        var result = new StringBuilder();
        var groups = new Stack<int>();
        int atom = 0; // where the last atom begins in the result
        for (int i = 0; i < pattern.Length;)
        {
            char c = pattern[i];
            int end = i + 1;
            switch (c)
            {
                case '(':
                    groups.Push(result.Length);
                    result.Append(c);
                    break;
                case ')':
                    atom = groups.TryPop(out int open) ? open : result.Length;
                    result.Append(c);
                    break;
                case '[':
                    end = EndOfClass(pattern, i);
                    atom = result.Length;
                    result.Append(pattern[i..end].Replace(@"\p{Han}", Han, StringComparison.Ordinal));
                    break;
                case '\\':
                    end = EndOfEscape(pattern, i);
                    atom = result.Length;
                    result.Append(pattern[i..end] == @"\p{Han}" ? $"[{Han}]" : pattern[i..end]);
                    break;
                case '?' or '*' or '+' when end < pattern.Length && pattern[end] == '+' && result.Length > 0 && pattern[i - 1] is not ('(' or '|'):
                    result.Insert(atom, "(?>").Append(c).Append(')');
                    end++;
                    break;
                case '?' or '*' or '+' or '{' or '}' or '|':
                    result.Append(c);
                    break;
                default:
                    if (pattern.LastIndexOf('{', i) <= pattern.LastIndexOf('}', i)) atom = result.Length;
                    result.Append(c);
                    break;
            }
            i = end;
        }
        return result.ToString();
    }

    private static int EndOfEscape(string pattern, int start)
    {
        int end = Math.Min(start + 2, pattern.Length);
        if (end < pattern.Length && pattern[end] == '{' && pattern[end - 1] is 'p' or 'P') end = pattern.IndexOf('}', end) is > 0 and var close ? close + 1 : pattern.Length;
        return end;
    }

    private static int EndOfClass(string pattern, int start)
    {
        int i = start + 1;
        if (i < pattern.Length && pattern[i] == '^') i++;
        if (i < pattern.Length && pattern[i] == ']') i++;
        for (; i < pattern.Length && pattern[i] != ']'; i++)
        {
            if (pattern[i] == '\\') i++;
            else if (pattern[i] == '[' && EndOfClass(pattern, i) is var end) i = end - 1;
        }
        return Math.Min(i + 1, pattern.Length);
    }
}
