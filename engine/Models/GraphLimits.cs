using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Models;

/// <summary>How much a text model's graph takes at once, by the sizes that its inputs declare.</summary>
/// <param name="Texts">1 where it takes one text only; 0 for any number.</param>
/// <param name="Tokens">Tokens that every text is filled up to; 0 for any number.</param>
internal readonly record struct GraphLimits(int Texts, int Tokens)
{
    /// <summary>Reads the inputs' shapes, [batch, sequence], of which exporters fix either or both.</summary>
    /// <exception cref="ModelFormatException">No text can be run in them; the message names the input.</exception>
    public static GraphLimits Of(IReadOnlyList<OrtTensorInfo> inputs, GraphLayout layout)
    {
        var (texts, tokens) = (0L, 0L);
        // A cache has other axes.
        foreach (var input in inputs.Where((_, i) => layout.Feeds[i] != TextFeed.EmptyPast))
        {
            texts = Fixed(texts, input, 0);
            tokens = Fixed(tokens, input, 1);
        }

        if (texts > 1)
            throw new ModelFormatException($"the graph's inputs are fixed at [{texts}, {(tokens > 0 ? tokens : "sequence")}]: it takes {texts} texts at once and never one; export it with a batch of any size, or of 1");
        if (tokens > 0 && !layout.Feeds.Contains(TextFeed.AttentionMask))
            throw new ModelFormatException($"the graph's inputs are fixed at {tokens} tokens and none of them is attention_mask: shorter texts would be answered with their padding");
        return new GraphLimits((int)texts, (int)Math.Min(tokens, int.MaxValue));
    }

    private static long Fixed(long known, OrtTensorInfo input, int axis)
    {
        var size = Math.Max(0, input.Shape[axis]);
        return known == 0 || size == 0 || size == known ? Math.Max(known, size)
            : throw new ModelFormatException($"the graph's input '{input.Name}' is fixed at {size} where another is at {known}: no text fits both");
    }
}
