namespace Orrery.Engine.Tokenization;

/// <summary>Turns tokens back into parts of text.</summary>
internal abstract class Decoder
{
    public abstract List<string> Decode(List<string> tokens);
}

/// <summary>Applies decoders one after another.</summary>
internal sealed class SequenceDecoder(Decoder[] decoders) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        foreach (Decoder decoder in decoders) tokens = decoder.Decode(tokens);
        return tokens;
    }
}

/// <summary>Joins continuing pieces to the word before, and others with a space.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanUp) : Decoder
{
    // English spacing that BERT's pre-tokenizer took apart, as Hugging Face puts it back, in this order.
    private static readonly (string From, string To)[] s_cleanUp =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    public override List<string> Decode(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            string token = tokens[i];
            if (i > 0) token = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
            if (cleanUp)
                foreach ((string from, string to) in s_cleanUp) token = token.Replace(from, to, StringComparison.Ordinal);
            tokens[i] = token;
        }
        return tokens;
    }
}
