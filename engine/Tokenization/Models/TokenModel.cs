namespace Orrery.Engine.Tokenization;

/// <summary>Turns one piece of normalized text into tokens. Instances are thread-safe; working space is the caller's.</summary>
internal abstract class TokenModel(Vocabulary vocabulary)
{
    public Vocabulary Vocabulary { get; } = vocabulary;

    /// <summary>The id of what is not in the vocabulary; -1 when there is none.</summary>
    public virtual int UnknownId => -1;

    /// <summary>Whether pieces that go on with a word are written with a prefix.</summary>
    public virtual bool MarksContinuation => false;

    /// <summary>Appends the tokens of <paramref name="piece"/> with their positions in it, in UTF-16 units.</summary>
    public abstract void Tokenize(ReadOnlySpan<char> piece, TokenSink tokens, ModelSpace space);
}

/// <summary>Takes tokens of one piece, and converts their positions to the original text's.</summary>
internal readonly struct TokenSink(TokenList tokens, TextBuffer text, int pieceStart)
{
    public void Add(int id, int start, int end) => tokens.Add(id, text.StartOf(pieceStart + start), text.EndOf(pieceStart + end - 1));
}

/// <summary>Tokens of one text before special tokens are added.</summary>
internal sealed class TokenList
{
    private int[] _ids = new int[128];
    private TokenOffset[] _offsets = [];
    private bool _tracks;

    public int Count { get; private set; }

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    public ReadOnlySpan<TokenOffset> Offsets => _tracks ? _offsets.AsSpan(0, Count) : default;

    public void Clear(bool tracks)
    {
        Count = 0;
        _tracks = tracks;
        if (tracks && _offsets.Length < _ids.Length) Array.Resize(ref _offsets, _ids.Length);
    }

    public void SetOffset(int index, TokenOffset offset) => _offsets[index] = offset;

    public void Add(int id, int start, int end)
    {
        if (Count == _ids.Length)
        {
            Array.Resize(ref _ids, Count * 2);
            if (_tracks) Array.Resize(ref _offsets, Count * 2);
        }
        if (_tracks) _offsets[Count] = new TokenOffset(start, end);
        _ids[Count++] = id;
    }
}
