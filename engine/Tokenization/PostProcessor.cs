namespace Orrery.Engine.Tokenization;

/// <summary>One place in a template: special ids, or the first (A) or second (B) text.</summary>
internal readonly record struct TemplatePiece(int Sequence, int[] SpecialIds, int TypeId)
{
    public static TemplatePiece First(int typeId) => new(1, [], typeId);

    public static TemplatePiece Second(int typeId) => new(2, [], typeId);

    public static TemplatePiece Special(int typeId, params int[] ids) => new(0, ids, typeId);
}

/// <summary>
/// What every post-processor comes down to: a template for one text, one for a pair, and whether white space is trimmed off the offsets.
/// </summary>
internal sealed record PostProcessor(TemplatePiece[] Single, TemplatePiece[] Pair, bool TrimOffsets, bool AddPrefixSpace)
{
    public static PostProcessor None { get; } =
        new([TemplatePiece.First(0)], [TemplatePiece.First(0), TemplatePiece.Second(1)], TrimOffsets: false, AddPrefixSpace: false);

    public int SpecialTokenCount(bool pair)
    {
        int count = 0;
        foreach (TemplatePiece piece in pair ? Pair : Single) count += piece.SpecialIds.Length;
        return count;
    }

    /// <summary>Lays out the tokens that stay, and the special ones around them.</summary>
    public void Write(Encoding destination, bool pair, bool addSpecialTokens, Range first, Range second)
    {
        foreach (TemplatePiece piece in pair ? Pair : Single)
        {
            if (piece.Sequence != 0)
            {
                TokenList tokens = piece.Sequence == 1 ? destination.First : destination.Second;
                (int start, int count) = (piece.Sequence == 1 ? first : second).GetOffsetAndLength(tokens.Count);
                destination.Append(tokens, start, count, piece.TypeId);
            }
            else if (addSpecialTokens)
            {
                foreach (int id in piece.SpecialIds) destination.AppendSpecial(id, piece.TypeId);
            }
        }
    }

    /// <summary>Takes the white space that a token begins or ends with off its offsets.</summary>
    /// <remarks>An added token counts with the white space it swallowed in <paramref name="original"/>; others as the vocabulary writes them.</remarks>
    public void Trim(TokenList tokens, Vocabulary vocabulary, ReadOnlySpan<char> original, HashSet<int> added)
    {
        for (int i = 0; i < tokens.Offsets.Length; i++)
        {
            (int start, int end) = tokens.Offsets[i];
            ReadOnlySpan<char> token = added.Contains(tokens.Ids[i]) ? original[start..end] : vocabulary.TokenOf(tokens.Ids[i]);
            int leading = 0, trailing = 0;
            while (leading < token.Length && IsSpace(token[leading])) leading++;
            while (trailing < token.Length && IsSpace(token[^(trailing + 1)])) trailing++;
            // A single space at the beginning was put there and is not in the original; more than one is the text's own.
            if (leading == 1 && AddPrefixSpace && (i == 0 || start == 0)) leading = 0;
            // One put before a later stretch is not either, and takes the whole character after it, as in the reference.
            for (; leading > 0 && start < end; leading--)
            {
                CodePoints.At(original, start, out int length);
                start += length;
            }
            for (; trailing > 0 && end > start; trailing--) end--;
            tokens.SetOffset(i, new TokenOffset(start, end));
        }
    }

    private static bool IsSpace(char c) => c == ByteAlphabet.Space || char.IsWhiteSpace(c);
}
