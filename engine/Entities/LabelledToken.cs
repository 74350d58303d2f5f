using System.Numerics.Tensors;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Entities;

/// <summary>One token of a text with what the model says of it.</summary>
/// <param name="Index">Its place among the text's tokens, special ones counted.</param>
/// <param name="Word">Its piece of the vocabulary; of an unknown one what it stands for in the text.</param>
/// <param name="Start">First UTF-16 unit.</param>
/// <param name="End">One past the last.</param>
/// <param name="Continues">Whether it goes on with the word before.</param>
/// <param name="Scores">Probabilities of the labels.</param>
internal sealed record LabelledToken(int Index, string Word, int Start, int End, bool Continues, float[] Scores);

/// <summary>
/// A text's tokens, without those that the tokenizer added around it, kept until the model has answered. What continues a word is decided as
/// transformers' TokenClassificationPipeline does: by the marks of a vocabulary that has them, else by spaces.
/// </summary>
internal sealed class TokenPlaces
{
    private readonly List<(int Index, int Id, TokenOffset Place)> _tokens;

    /// <param name="encoding">The text's tokens, with their places.</param>
    public TokenPlaces(Encoding encoding)
    {
        _tokens = new(encoding.Ids.Length);
        for (var i = 0; i < encoding.Ids.Length; i++)
        {
            if (encoding.SpecialTokensMask[i] == 0)
                _tokens.Add((i, encoding.Ids[i], encoding.Offsets[i]));
        }
    }

    /// <summary>The tokens with their labels' probabilities.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tokenizer">What made them.</param>
    /// <param name="logits">[tokens, labels], those of special tokens included.</param>
    /// <param name="labels">How many labels.</param>
    public List<LabelledToken> Label(string text, Tokenizer tokenizer, ReadOnlySpan<float> logits, int labels)
    {
        var labelled = new List<LabelledToken>(_tokens.Count);
        foreach (var (index, id, (start, end)) in _tokens)
        {
            var scores = new float[labels];
            var row = logits.Slice(index * labels, labels);
            // Shifted by the maximum, no exponential overflows.
            TensorPrimitives.Subtract(row, TensorPrimitives.Max(row), scores);
            TensorPrimitives.SoftMax<float>(scores, scores);

            var word = tokenizer.IdToToken(id) ?? "";
            bool continues;
            if (id == tokenizer.UnknownId)
                (word, continues) = (text[start..end], false);
            else if (tokenizer.MarksContinuation)
                continues = CodePoints.Count(word) != CodePoints.Count(text.AsSpan(start, end - start));
            else
                continues = start > 0 && text[start - 1] != ' ' && (start == text.Length || text[start] != ' ');
            labelled.Add(new LabelledToken(index, word, start, end, continues, scores));
        }

        return labelled;
    }
}
