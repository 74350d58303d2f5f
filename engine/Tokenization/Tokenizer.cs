namespace Orrery.Engine.Tokenization;

/// <summary>
/// Text to ids and back, exactly as the model's own tokenizer does it. Immutable and thread-safe; what a call works on is in its <see cref="Encoding"/>.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenizerParts _parts;
    private readonly AddedTokens? _raw, _normalized;
    private readonly HashSet<int> _added, _special;

    internal Tokenizer(TokenizerParts parts)
    {
        _parts = parts;
        AddedToken[] found = [.. parts.AddedTokens.Where(token => token.Content.Length > 0 && !(token.Special && parts.SplitsSpecialTokens))];
        _added = [.. parts.AddedTokens.Select(token => token.Id)];
        _special = [.. parts.AddedTokens.Where(token => token.Special).Select(token => token.Id)];
        (AddedToken, string)[] raw = [.. found.Where(token => !token.Normalized).Select(token => (token, token.Content))];
        (AddedToken, string)[] normalized = [.. found.Where(token => token.Normalized).Select(token => (token, Normalize(token.Content)))];
        _raw = raw.Length > 0 ? new AddedTokens(raw) : null;
        _normalized = normalized.Length > 0 ? new AddedTokens(normalized) : null;
    }

    /// <summary>Reads <c>tokenizer.json</c> of a model's directory, else <c>vocab.txt</c>, with <c>tokenizer_config.json</c>.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="lowercase">Whether texts are made lower case first, where the file does not do so by itself.</param>
    /// <exception cref="FileNotFoundException">Neither file is there.</exception>
    /// <exception cref="TokenizerFormatException">A file cannot be read as what it should be.</exception>
    public static Tokenizer FromDirectory(string directory, bool lowercase = false)
    {
        string json = Path.Combine(directory, "tokenizer.json"), text = Path.Combine(directory, "vocab.txt");
        if (!File.Exists(json) && !File.Exists(text)) throw new FileNotFoundException($"{directory} holds neither tokenizer.json nor vocab.txt", json);
        TokenizerParts parts = Read(File.Exists(json) ? json : text, path => File.Exists(json) ? TokenizerConfigFile.Apply(TokenizerJsonFile.Read(path), directory) : VocabularyTextFile.Read(path));
        return new(lowercase ? Lowered(parts) : parts);
    }

    /// <summary>Reads a <c>tokenizer.json</c>, or a WordPiece <c>vocab.txt</c> (any name that ends in .txt).</summary>
    /// <exception cref="TokenizerFormatException">Names the file, the place in it and what is wrong there.</exception>
    public static Tokenizer FromFile(string path) =>
        new(Read(path, path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase) ? VocabularyTextFile.Read : TokenizerJsonFile.Read));

    /// <summary>What of the files is read otherwise than by earlier releases of this library, as file and key; empty for most.</summary>
    public IReadOnlyList<string> ReadingChanges => _parts.ReadingChanges;

    /// <summary>Highest id + 1, added tokens included.</summary>
    public int VocabularySize => _parts.Model.Vocabulary.Size;

    /// <summary>The truncation written in the file, special tokens counted in; null for none. Not applied unless passed to <see cref="Encode"/>.</summary>
    public int? TruncationLength => _parts.TruncationLength;

    /// <summary>Highest id + 1 of what is not an added token: ids that any text may come to.</summary>
    public int PieceCount
    {
        get
        {
            int count = VocabularySize;
            while (count > 0 && (_added.Contains(count - 1) || !_parts.Model.Vocabulary.Contains(count - 1))) count--;
            return count;
        }
    }

    /// <summary>The strategy that the file has for pairs, where that is not the longer text first, as file and key; null where it is.</summary>
    internal string? OtherStrategy => _parts.TruncationStrategy == TruncationStrategy.LongestFirst ? null : "tokenizer.json: truncation";

    /// <summary>The end that the files have long texts cut at.</summary>
    public TruncationDirection TruncationSide => _parts.TruncationSide;

    /// <summary>The id to pad with: the file's padding, else [PAD], else &lt;pad&gt;, else 0.</summary>
    public int PadId => _parts.PadId;

    /// <summary>Number of tokens that the post-processor adds to one text or to a pair.</summary>
    public int SpecialTokenCount(bool pair) => _parts.PostProcessor.SpecialTokenCount(pair);

    /// <summary>The id of a token; null when there is none.</summary>
    public int? TokenToId(string token) => _parts.Model.Vocabulary.IdOf(token) is >= 0 and var id ? id : null;

    /// <summary>The token of an id as the vocabulary writes it; null when there is none.</summary>
    public string? IdToToken(int id) => _parts.Model.Vocabulary.Contains(id) ? _parts.Model.Vocabulary.TokenOf(id).ToString() : null;

    /// <summary>The id of what the vocabulary does not know; -1 when there is none.</summary>
    public int UnknownId => _parts.Model.UnknownId;

    /// <summary>Whether the vocabulary writes pieces that go on with a word otherwise than those that begin one, as WordPiece does with ##.</summary>
    public bool MarksContinuation => _parts.Model.MarksContinuation;

    /// <summary>Whether the id is an added token marked special.</summary>
    public bool IsSpecial(int id) => _special.Contains(id);

    /// <summary>Encodes one text. A lone surrogate reads as U+FFFD.</summary>
    /// <exception cref="TokenizationException">The file's patterns take too long over it, or its normalizers make too much of it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">MaxLength is negative, or less than the special tokens alone need.</exception>
    public void Encode(ReadOnlySpan<char> text, in EncodeOptions options, Encoding destination) => EncodeSequences(text, default, pair: false, options, destination);

    /// <summary>Encodes a pair of texts into one sequence. A lone surrogate reads as U+FFFD.</summary>
    /// <exception cref="TokenizationException">As of <see cref="Encode"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">MaxLength is negative, or less than the special tokens alone need.</exception>
    public void EncodePair(ReadOnlySpan<char> text, ReadOnlySpan<char> pair, in EncodeOptions options, Encoding destination) =>
        EncodeSequences(text, pair, pair: true, options, destination);

    /// <summary>Text of ids. Ids outside the vocabulary are left out.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var tokens = new List<string>(ids.Length);
        foreach (int id in ids)
            if (IdToToken(id) is { } token && !(skipSpecialTokens && _special.Contains(id))) tokens.Add(token);
        return Join(tokens);
    }

    /// <summary>Text of tokens as the vocabulary writes them.</summary>
    public string Join(List<string> tokens) => _parts.Decoder is null ? string.Join(' ', tokens) : string.Concat(_parts.Decoder.Decode(tokens));

    private static TokenizerParts Read(string path, Func<string, TokenizerParts> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception e) when (e is ArgumentException or ArithmeticException or IndexOutOfRangeException or KeyNotFoundException or InvalidOperationException or OutOfMemoryException)
        {
            // Whatever a stranger's file holds, it is the file that is wrong.
            throw new TokenizerFormatException(path, "$", e.Message, e);
        }
    }

    private static TokenizerParts Lowered(TokenizerParts parts) => parts.Normalizer is { Lowercases: true } ? parts : parts with
    {
        Normalizer = parts.Normalizer is null ? Lowercase.Instance : new SequenceNormalizer([Lowercase.Instance, parts.Normalizer]),
        ReadingChanges = [.. parts.ReadingChanges, "sentence_bert_config.json: do_lower_case"],
    };

    private void EncodeSequences(ReadOnlySpan<char> text, ReadOnlySpan<char> second, bool pair, in EncodeOptions options, Encoding destination)
    {
        int special = options.AddSpecialTokens ? SpecialTokenCount(pair) : 0;
        int room = options.MaxLength == 0 ? int.MaxValue : options.MaxLength - special;
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxLength, nameof(options.MaxLength));
        ArgumentOutOfRangeException.ThrowIfNegative(room, nameof(options.MaxLength));
        destination.Clear();
        destination.Second.Clear(options.WithOffsets);
        Tokenize(text, destination, destination.First, options.WithOffsets);
        if (pair) Tokenize(second, destination, destination.Second, options.WithOffsets);

        (int first, int other) = (destination.First.Count, destination.Second.Count);
        destination.UntruncatedLength = first + other + special;
        (int keptFirst, int keptOther) = options.OnlyFirst && pair
            ? (other > room ? first : Math.Min(first, room - other), other)
            : Truncation.Fit(first, other, room, options.LongestFirst ? TruncationStrategy.LongestFirst : _parts.TruncationStrategy);
        destination.Begin(keptFirst + keptOther + special, options.WithOffsets);
        bool left = options.Direction == TruncationDirection.Left;
        _parts.PostProcessor.Write(destination, pair, options.AddSpecialTokens,
            left ? (first - keptFirst)..first : ..keptFirst, left ? (other - keptOther)..other : ..keptOther);
    }

    private void Tokenize(ReadOnlySpan<char> text, Encoding space, TokenList tokens, bool tracks)
    {
        tokens.Clear(tracks);
        space.Text.Clear(tracks);
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') >= 0) text = WithoutLoneSurrogates(text);
        CutRaw(text, space);
        _parts.PreTokenizer?.Apply(space.Text);

        TextBuffer normalized = space.Text.Text;
        ReadOnlySpan<char> chars = normalized.Span;
        foreach (Piece piece in space.Text.Pieces)
        {
            var sink = new TokenSink(tokens, normalized, piece.Start);
            if (piece.TokenId >= 0) sink.Add(piece.TokenId, 0, piece.Length);
            else if (piece.Length > 0) _parts.Model.Tokenize(chars.Slice(piece.Start, piece.Length), sink, space.Model);
        }
        if (tracks && _parts.PostProcessor.TrimOffsets) _parts.PostProcessor.Trim(tokens, _parts.Model.Vocabulary, text, _added);
    }

    /// <summary>Takes added tokens that are looked for in the original text out of it, and normalizes what is between them.</summary>
    private void CutRaw(ReadOnlySpan<char> text, Encoding space)
    {
        int from = 0;
        while (_raw is not null && from < text.Length && _raw.Find(text, from, out int start, out int end, out int id))
        {
            if (start > from) CutNormalized(text[from..start], from, space);
            TextBuffer destination = space.Text.Text;
            space.Text.Pieces.Add(new Piece(destination.Length, end - start, id, First: start == 0));
            destination.AppendOriginal(text[start..end], start);
            from = end;
        }
        if (from < text.Length) CutNormalized(text[from..], from, space);
    }

    /// <summary>Normalizes a part of the original text, and takes out the added tokens that are looked for in normalized text.</summary>
    private void CutNormalized(ReadOnlySpan<char> part, int offset, Encoding space)
    {
        TextBuffer destination = space.Text.Text;
        NormalizationSpace normalization = space.Normalization;
        space.Text.Time.Check();
        normalization.Bound(part.Length);
        normalization.Current.Clear(destination.Tracks);
        normalization.Current.AppendOriginal(part, offset);
        _parts.Normalizer?.Apply(normalization);

        ReadOnlySpan<char> text = normalization.Current.Span;
        int at = destination.Length, from = 0;
        destination.AppendFrom(normalization.Current, 0, text.Length);
        while (_normalized is not null && from < text.Length && _normalized.Find(text, from, out int start, out int end, out int id))
        {
            if (start > from) space.Text.Pieces.Add(new Piece(at + from, start - from, -1, First: offset == 0 && from == 0));
            space.Text.Pieces.Add(new Piece(at + start, end - start, id, First: offset == 0 && start == 0));
            from = end;
        }
        if (from < text.Length) space.Text.Pieces.Add(new Piece(at + from, text.Length - from, -1, First: offset == 0 && from == 0));
    }

    private string Normalize(string content)
    {
        var space = new NormalizationSpace();
        space.Bound(content.Length);
        space.Current.AppendOriginal(content, 0);
        _parts.Normalizer?.Apply(space);
        return space.Current.Span.ToString();
    }

    private static char[] WithoutLoneSurrogates(ReadOnlySpan<char> text)
    {
        char[] clean = text.ToArray();
        for (int i = 0; i < clean.Length; i++)
        {
            if (!char.IsSurrogate(clean[i])) continue;
            if (i + 1 < clean.Length && char.IsSurrogatePair(clean[i], clean[i + 1])) i++;
            else clean[i] = '\uFFFD';
        }
        return clean;
    }
}
