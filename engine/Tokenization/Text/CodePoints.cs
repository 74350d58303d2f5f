namespace Orrery.Engine.Tokenization;

/// <summary>Reading code points from UTF-16.</summary>
internal static class CodePoints
{
    /// <summary>The code point at <paramref name="index"/> and its length in UTF-16 units; a lone surrogate stands for itself.</summary>
    public static int At(ReadOnlySpan<char> text, int index, out int length)
    {
        char c = text[index];
        if (char.IsHighSurrogate(c) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            length = 2;
            return char.ConvertToUtf32(c, text[index + 1]);
        }
        length = 1;
        return c;
    }

    /// <summary>White space as Rust's char::is_whitespace has it, which .NET's char.IsWhiteSpace equals.</summary>
    public static bool IsWhiteSpace(int codePoint) => codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint);

    public static int Count(ReadOnlySpan<char> text)
    {
        int count = text.Length;
        foreach (char c in text)
            if (char.IsLowSurrogate(c)) count--;
        return count;
    }
}
