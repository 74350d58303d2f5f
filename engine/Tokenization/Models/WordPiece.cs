namespace Orrery.Engine.Tokenization;

/// <summary>Greedy longest match from the left; a word with a part that matches nothing is one unknown token (Schuster and Nakajima 2012, as BERT uses it).</summary>
internal sealed class WordPiece : TokenModel
{
    private readonly CharTrie _trie;
    private readonly int _continuingRoot, _unknownId, _maxCharsPerWord;

    public WordPiece(Vocabulary vocabulary, int unknownId, string continuingPrefix, int maxCharsPerWord) : base(vocabulary)
    {
        _unknownId = unknownId;
        _maxCharsPerWord = maxCharsPerWord;
        _trie = new CharTrie(vocabulary.Size * 3);
        _continuingRoot = _trie.AddRoot();
        for (int id = 0; id < vocabulary.Size; id++)
        {
            ReadOnlySpan<char> token = vocabulary.TokenOf(id);
            if (token.IsEmpty) continue;
            _trie.Add(0, token, id);
            if (token.Length > continuingPrefix.Length && token.StartsWith(continuingPrefix)) _trie.Add(_continuingRoot, token[continuingPrefix.Length..], id);
        }
    }

    public override int UnknownId => _unknownId;

    public override bool MarksContinuation => true;

    public override void Tokenize(ReadOnlySpan<char> piece, TokenSink tokens, ModelSpace space)
    {
        if (piece.Length > _maxCharsPerWord && CodePoints.Count(piece) > _maxCharsPerWord)
        {
            tokens.Add(_unknownId, 0, piece.Length);
            return;
        }
        int whole = Vocabulary.IdOf(piece);
        if (whole >= 0)
        {
            tokens.Add(whole, 0, piece.Length);
            return;
        }
        Span<int> found = space.Ids(piece.Length * 2);
        int count = 0;
        for (int start = 0; start < piece.Length;)
        {
            int id = _trie.LongestPrefix(start == 0 ? 0 : _continuingRoot, piece[start..], out int length);
            if (id < 0)
            {
                tokens.Add(_unknownId, 0, piece.Length);
                return;
            }
            found[count++] = id;
            found[count++] = start += length;
        }
        for (int i = 0, start = 0; i < count; i += 2)
        {
            tokens.Add(found[i], start, found[i + 1]);
            start = found[i + 1];
        }
    }
}
