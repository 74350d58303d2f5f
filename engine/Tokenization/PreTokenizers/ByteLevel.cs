using System.Text.RegularExpressions;

namespace Orrery.Engine.Tokenization;

/// <summary>GPT-2's cut, and its text as one printable character a UTF-8 byte.</summary>
internal sealed partial class ByteLevel(bool addPrefixSpace, bool useRegex) : PreTokenizer, IRewriter
{
    // As in OpenAI's GPT-2 encoder.
    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Gpt2();

    private static readonly Split s_split = new(TextPattern.Matching(Gpt2()), SplitBehavior.Isolated, invert: false);
    private static readonly Prefix s_prefix = new(" ");

    /// <summary>Whether a text begins with a space that it may lack.</summary>
    public bool AddPrefixSpace => addPrefixSpace;

    /// <summary>Whether text is cut by GPT-2's pattern.</summary>
    public bool UseRegex => useRegex;

    public override void Apply(PreTokenizedText text)
    {
        if (addPrefixSpace) text.Rewrite(s_prefix);
        if (useRegex) text.Split(s_split);
        text.Rewrite(this);
    }

    public void Rewrite(TextBuffer text, Piece piece, TextBuffer destination) => Write(text, piece.Start, piece.Length, destination);

    public static void Write(TextBuffer text, int from, int count, TextBuffer destination)
    {
        ReadOnlySpan<char> chars = text.Span.Slice(from, count);
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < chars.Length;)
        {
            char c = chars[i];
            if (c < 0x80)
            {
                destination.Append(ByteAlphabet.CharOf((byte)c), text.StartOf(from + i), text.EndOf(from + i));
                i++;
                continue;
            }
            CodePoints.At(chars, i, out int length);
            int written = System.Text.Encoding.UTF8.GetBytes(chars.Slice(i, length), bytes);
            foreach (byte b in bytes[..written]) destination.Append(ByteAlphabet.CharOf(b), text.StartOf(from + i), text.EndOf(from + i + length - 1));
            i += length;
        }
    }
}

/// <summary>Puts text before every piece that does not begin with it.</summary>
internal sealed class Prefix(string prefix) : IRewriter
{
    public void Rewrite(TextBuffer text, Piece piece, TextBuffer destination)
    {
        if (piece.Length > 0 && !text.Span.Slice(piece.Start, piece.Length).StartsWith(prefix))
        {
            CodePoints.At(text.Span, piece.Start, out int length);
            foreach (char c in prefix) destination.Append(c, text.StartOf(piece.Start), text.EndOf(piece.Start + length - 1));
        }
        destination.AppendFrom(text, piece.Start, piece.Length);
    }
}
