namespace Orrery.Engine.Tokenization;

/// <summary>The most probable segmentation under a unigram language model (Kudo 2018), by Viterbi search over a trie.</summary>
internal sealed class Unigram : TokenModel
{
    // What a character outside the vocabulary costs below the least probable token (SentencePiece's kUnkPenalty).
    private const double UnknownPenalty = 10.0;

    private readonly CharTrie _trie;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknownId;
    private readonly int[]? _byteIds;
    private readonly WordCache _cache = new();

    public Unigram(Vocabulary vocabulary, double[] scores, int unknownId, bool byteFallback) : base(vocabulary)
    {
        (_scores, _unknownId) = (scores, unknownId);
        _unknownScore = scores.Min() - UnknownPenalty;
        _byteIds = byteFallback ? ByteFallback.Ids(vocabulary) : null;
        _trie = new CharTrie(vocabulary.Size * 2);
        for (int id = 0; id < vocabulary.Size; id++)
            if (vocabulary.TokenOf(id) is { Length: > 0 } token) _trie.Add(0, token, vocabulary.IdOf(token));
    }

    public override int UnknownId => _unknownId;

    public override void Tokenize(ReadOnlySpan<char> piece, TokenSink tokens, ModelSpace space)
    {
        if (!_cache.TryGet(piece, out ReadOnlySpan<int> triples))
        {
            triples = Encode(piece, space);
            _cache.Set(piece, triples);
        }
        for (; triples.Length >= 3; triples = triples[3..]) tokens.Add(triples[0], triples[1], triples[2]);
    }

    private ReadOnlySpan<int> Encode(ReadOnlySpan<char> piece, ModelSpace space)
    {
        Span<PathNode> best = space.Path(piece.Length + 1);
        best.Fill(new PathNode(0, -1, 0));
        for (int start = 0; start < piece.Length;)
        {
            CodePoints.At(piece, start, out int length);
            double here = best[start].Score;
            bool single = false;
            for (int node = 0, end = start; end < piece.Length;)
            {
                node = _trie.Step(node, piece[end++]);
                if (node < 0) break;
                int id = _trie.ValueOf(node);
                if (id < 0) continue;
                Offer(ref best[end], here + _scores[id], start, id);
                single |= end - start == length;
            }
            if (!single) Offer(ref best[start + length], here + _unknownScore, start, _unknownId);
            start += length;
        }
        return ReadBack(piece, best, space);
    }

    private static void Offer(ref PathNode node, double score, int start, int id)
    {
        if (node.Start < 0 || score > node.Score) node = new PathNode(score, start, id);
    }

    /// <summary>Walks the best path from its end; unknown characters next to each other are one token, or their bytes.</summary>
    private ReadOnlySpan<int> ReadBack(ReadOnlySpan<char> piece, Span<PathNode> best, ModelSpace space)
    {
        Span<int> triples = space.Ids(piece.Length * (_byteIds is null ? 3 : 3 * ByteFallback.MaxBytesPerUnit));
        int at = triples.Length;
        for (int end = piece.Length; end > 0;)
        {
            int start = best[end].Start, id = best[end].Id;
            if (id == _unknownId)
            {
                while (start > 0 && best[start].Id == _unknownId) start = best[start].Start;
                // The reference looks the joined text up, which a token of the vocabulary may equal.
                int known = Vocabulary.IdOf(piece[start..end]);
                if (known < 0 && _byteIds is not null && WriteBytes(piece, start, end, triples, ref at))
                {
                    end = start;
                    continue;
                }
                id = known < 0 ? _unknownId : known;
            }
            at -= 3;
            (triples[at], triples[at + 1], triples[at + 2]) = (id, start, end);
            end = start;
        }
        return triples[at..];
    }

    private bool WriteBytes(ReadOnlySpan<char> piece, int start, int end, Span<int> triples, ref int at)
    {
        byte[] bytes = new byte[(end - start) * ByteFallback.MaxBytesPerUnit];
        int count = System.Text.Encoding.UTF8.GetBytes(piece[start..end], bytes);
        if (!ByteFallback.Covers(_byteIds!, bytes.AsSpan(0, count))) return false;
        for (int i = count - 1; i >= 0; i--)
        {
            at -= 3;
            (triples[at], triples[at + 1], triples[at + 2]) = (_byteIds![bytes[i]], start, end);
        }
        return true;
    }
}

/// <summary>The best way to reach a position: its score, where its last token begins (-1 for none yet) and that token.</summary>
internal readonly record struct PathNode(double Score, int Start, int Id);
