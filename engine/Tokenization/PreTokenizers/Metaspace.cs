namespace Orrery.Engine.Tokenization;

/// <summary>Which pieces get a replacement character before them.</summary>
internal enum PrependScheme
{
    Always,
    Never,
    First,
}

/// <summary>SentencePiece's way with spaces: each is written as a visible character, and pieces begin with it.</summary>
internal sealed class Metaspace(char replacement, PrependScheme scheme, bool split) : PreTokenizer, IRewriter
{
    private readonly Split _split = new(TextPattern.Literal(replacement.ToString()), SplitBehavior.MergedWithNext, invert: false);

    public override void Apply(PreTokenizedText text)
    {
        text.Rewrite(this);
        if (split) text.Split(_split);
    }

    public void Rewrite(TextBuffer text, Piece piece, TextBuffer destination)
    {
        if (piece.Length == 0) return;
        ReadOnlySpan<char> chars = text.Span.Slice(piece.Start, piece.Length);
        bool prepend = scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.First);
        if (prepend && chars[0] != replacement && chars[0] != ' ')
        {
            CodePoints.At(chars, 0, out int length);
            destination.Append(replacement, text.StartOf(piece.Start), text.EndOf(piece.Start + length - 1));
        }
        for (int i = 0; i < chars.Length; i++)
            destination.Append(chars[i] == ' ' ? replacement : chars[i], text.StartOf(piece.Start + i), text.EndOf(piece.Start + i));
    }
}
