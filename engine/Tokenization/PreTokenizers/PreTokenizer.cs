namespace Orrery.Engine.Tokenization;

/// <summary>Cuts normalized text into the pieces that the model sees. Instances are immutable.</summary>
internal abstract class PreTokenizer
{
    public abstract void Apply(PreTokenizedText text);
}

/// <summary>Applies pre-tokenizers one after another.</summary>
internal sealed class SequencePreTokenizer(PreTokenizer[] preTokenizers) : PreTokenizer
{
    public override void Apply(PreTokenizedText text)
    {
        foreach (PreTokenizer preTokenizer in preTokenizers) preTokenizer.Apply(text);
    }
}

/// <summary>Cuts at white space, which is dropped, and around each punctuation character.</summary>
internal sealed class BertPreTokenizer : PreTokenizer, ISplitter
{
    public override void Apply(PreTokenizedText text) => text.Split(this);

    public void Split(ReadOnlySpan<char> text, PieceSink pieces)
    {
        int start = 0;
        for (int i = 0; i < text.Length;)
        {
            char c = text[i];
            if (char.IsAsciiLetterOrDigit(c))
            {
                i++;
                continue;
            }
            int codePoint = CodePoints.At(text, i, out int length);
            if (CodePoints.IsWhiteSpace(codePoint))
            {
                pieces.Add(start, i);
                start = i + length;
            }
            else if (UnicodeData.Is(codePoint, CharClass.Punctuation))
            {
                pieces.Add(start, i);
                pieces.Add(i, i + length);
                start = i + length;
            }
            i += length;
        }
        pieces.Add(start, text.Length);
    }
}
