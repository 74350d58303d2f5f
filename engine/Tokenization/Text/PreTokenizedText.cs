namespace Orrery.Engine.Tokenization;

/// <summary>A range of the normalized text: an added token when <paramref name="TokenId"/> is 0 or more, else a piece to tokenize.</summary>
/// <param name="Start">First UTF-16 unit in the normalized text.</param>
/// <param name="Length">Length in UTF-16 units.</param>
/// <param name="TokenId">The added token's id, or -1.</param>
/// <param name="First">Whether the piece begins where the original text begins.</param>
internal readonly record struct Piece(int Start, int Length, int TokenId, bool First);

/// <summary>Normalized text cut into pieces. A pre-tokenizer reads the pieces and writes the next ones.</summary>
internal sealed class PreTokenizedText
{
    private List<Piece> _next = [];
    private TextBuffer _nextText = new();

    public TextBuffer Text { get; private set; } = new();

    public List<Piece> Pieces { get; private set; } = [];

    /// <summary>Of the text that is being cut.</summary>
    public TimeLimit Time { get; private set; } = new();

    public void Clear(bool tracks)
    {
        Text.Clear(tracks);
        Pieces.Clear();
        Time = new TimeLimit();
    }

    /// <summary>Cuts every piece that is not an added token; the text stays.</summary>
    public void Split<TSplitter>(TSplitter splitter) where TSplitter : ISplitter
    {
        _next.Clear();
        foreach (Piece piece in Pieces)
        {
            Time.Check();
            if (piece.TokenId >= 0) _next.Add(piece);
            else if (piece.Length > 0) splitter.Split(Text.Span.Slice(piece.Start, piece.Length), new PieceSink(_next, piece));
        }
        (Pieces, _next) = (_next, Pieces);
    }

    /// <summary>Rewrites the text of every piece that is not an added token.</summary>
    public void Rewrite<TRewriter>(TRewriter rewriter) where TRewriter : IRewriter
    {
        _next.Clear();
        _nextText.Clear(Text.Tracks);
        foreach (Piece piece in Pieces)
        {
            int at = _nextText.Length;
            if (piece.TokenId >= 0) _nextText.AppendFrom(Text, piece.Start, piece.Length);
            else rewriter.Rewrite(Text, piece, _nextText);
            _next.Add(piece with { Start = at, Length = _nextText.Length - at });
        }
        (Pieces, _next) = (_next, Pieces);
        (Text, _nextText) = (_nextText, Text);
    }
}

internal interface ISplitter
{
    void Split(ReadOnlySpan<char> text, PieceSink pieces);
}

internal interface IRewriter
{
    void Rewrite(TextBuffer text, Piece piece, TextBuffer destination);
}

/// <summary>Takes the parts of one piece, in order.</summary>
internal readonly struct PieceSink(List<Piece> pieces, Piece parent)
{
    public void Add(int start, int end)
    {
        if (end > start) pieces.Add(new Piece(parent.Start + start, end - start, -1, parent.First && start == 0));
    }
}
