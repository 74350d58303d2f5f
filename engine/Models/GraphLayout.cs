using System.Collections.Immutable;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Models;

/// <summary>What one input of a text model's graph is fed with.</summary>
internal enum TextFeed
{
    InputIds,
    AttentionMask,
    TokenTypeIds,
    PositionIds,

    /// <summary>A cache of the tokens before, which there are none of: a tensor of length 0.</summary>
    EmptyPast,
}

/// <summary>How a graph's output is read.</summary>
internal enum OutputKind
{
    /// <summary>[batch, sequence, hidden]: token vectors to be pooled.</summary>
    Tokens,

    /// <summary>[batch, hidden]: the graph pooled.</summary>
    Pooled,

    /// <summary>[batch, labels].</summary>
    Logits,
}

/// <summary>The inputs and the output of a text model's graph, by index.</summary>
/// <param name="Feeds">What each input is fed with, in the graph's order.</param>
/// <param name="Output">The output that is read.</param>
/// <param name="Kind">How.</param>
internal sealed record GraphLayout(ImmutableArray<TextFeed> Feeds, int Output, OutputKind Kind)
{
    /// <summary>What the output makes of the model.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>Whether the graph is told what is padding. Without that an answer would depend on what shares its batch.</summary>
    public bool HasMask => Feeds.Contains(TextFeed.AttentionMask);

    /// <summary>The position of a text's first token, for graphs that are given positions.</summary>
    public int FirstPosition { get; init; }

    public bool WantsTokenTypes => Feeds.Contains(TextFeed.TokenTypeIds);

    /// <summary>Other outputs of token vectors, hidden layers that the exporter exposed, by index.</summary>
    public ImmutableArray<int> Layers { get; init; } = [];

    /// <summary>Every output that is bound: the one that is read by default, then the layers.</summary>
    public int[] Bound => [Output, .. Layers];

    /// <summary>How a bound output is read.</summary>
    public OutputKind KindOf(int bound) => bound == 0 ? Kind : OutputKind.Tokens;

    /// <summary>The place of a layer among the bound outputs; -1 when the graph does not expose it.</summary>
    public int LayerNamed(string name, IReadOnlyList<OrtTensorInfo> outputs)
    {
        var bound = Bound;
        for (var i = 0; i < bound.Length; i++)
        {
            if (outputs[bound[i]].Name == name && KindOf(i) == OutputKind.Tokens)
                return i;
        }

        return -1;
    }

    /// <summary>Recognizes a text model's graph by the names that exporters give.</summary>
    /// <param name="inputs">The graph's inputs.</param>
    /// <param name="outputs">The graph's outputs.</param>
    /// <param name="task">The task, when the files tell; null to go by the outputs.</param>
    /// <param name="tokenHead">What logits a token are by the model's architecture: of labels, or of a vocabulary; null when it has none.</param>
    /// <param name="modules">What the files say becomes of token vectors; null when they do not: then a pooled output is preferred over them.</param>
    /// <param name="width">The width that the modules promise at their end; null when none does.</param>
    /// <returns>Null when the graph is not one over token ids, and only raw tensors can be run.</returns>
    /// <exception cref="ModelFormatException">It is one, but an input or output does not fit the task.</exception>
    public static GraphLayout? Recognize(IReadOnlyList<OrtTensorInfo> inputs, IReadOnlyList<OrtTensorInfo> outputs, ModelTask? task, ModelTask? tokenHead, SentenceModules? modules, int? width)
    {
        if (task == ModelTask.Tensor)
            return null;
        var feeds = ImmutableArray.CreateBuilder<TextFeed>(inputs.Count);
        foreach (var input in inputs)
        {
            if (FeedOf(input.Name) is not { } feed)
            {
                if (task is null)
                    return null;
                throw new ModelFormatException($"the graph's input '{input.Name}' is none of input_ids, attention_mask, token_type_ids, position_ids, past_key_values.N.key and .value");
            }

            if (feed == TextFeed.EmptyPast ? !IsPast(input) : input.ElementType is not (OrtElementType.Int64 or OrtElementType.Int32) || input.Shape.Length != 2)
            {
                throw new ModelFormatException(feed == TextFeed.EmptyPast
                    ? $"the graph's input '{input.Name}' must be float32 or float16, of a batch and one more length that vary"
                    : $"the graph's input '{input.Name}' must be int64 or int32 [batch, sequence]");
            }

            feeds.Add(feed);
        }

        if (!feeds.Contains(TextFeed.InputIds))
            return task is null ? null : throw new ModelFormatException("the graph has no input named input_ids");

        var logits = Index(outputs, 2, "logits", "scores");
        if (task is ModelTask.Classifier or ModelTask.Reranker || (task is null && logits >= 0))
        {
            return logits >= 0
                ? new GraphLayout(feeds.ToImmutable(), logits, OutputKind.Logits) { Task = task ?? ModelTask.Classifier }
                : throw new ModelFormatException("the graph has no output logits [batch, labels]");
        }

        // An exporter that leaves the head out leaves an embedder, whatever the architecture is called; logits are no embedding, whatever else is there.
        var tokenLogits = Index(outputs, 3, "logits");
        if (task is ModelTask.TokenClassifier or ModelTask.Sparse || (task is null && tokenHead is not null && tokenLogits >= 0))
        {
            return tokenLogits >= 0
                ? new GraphLayout(feeds.ToImmutable(), tokenLogits, OutputKind.Tokens) { Task = task ?? tokenHead!.Value }
                : throw new ModelFormatException("the graph has no output logits [batch, sequence, labels or vocabulary]");
        }

        var tokens = Index(outputs, 3, "last_hidden_state", "token_embeddings", "hidden_states");
        var pooled = Index(outputs, 2, "sentence_embedding", "text_embeds", "embedding", "pooled_output", "pooler_output");
        var usePooled = pooled >= 0 && (tokens < 0 || Prefers(outputs[pooled], modules, width));
        if (tokens < 0 && pooled < 0 && tokenLogits >= 0)
            throw new ModelFormatException($"the graph gives logits a token, which are no embedding; if they are labels or a vocabulary, say \"task\": \"token-classifier\" or \"sparse\" in orrery.json");
        if (tokens < 0 && pooled < 0)
            throw new ModelFormatException($"the graph has neither token vectors [batch, sequence, hidden] nor an embedding [batch, hidden]; its outputs are {string.Join(", ", outputs.Select(output => output.Name).Take(8))}");
        var chosen = usePooled ? pooled : tokens;
        if (usePooled && modules is not null && (outputs[pooled].Name is "pooled_output" or "pooler_output" || !modules.IncludePrompt))
            throw new ModelFormatException($"{modules.Place}: says how token vectors are pooled, but the graph gives none, only '{outputs[pooled].Name}'");
        if (usePooled && modules is { IsPlain: false } && width is { } promised && outputs[pooled].Shape[1] is > 0 and var given && given != promised)
            throw new ModelFormatException($"the graph's output '{outputs[pooled].Name}' has {given} numbers, but the modules that {ModuleList.FileName} names give {promised}");
        var layers = ImmutableArray.CreateBuilder<int>();
        for (var i = 0; i < outputs.Count; i++)
        {
            if (i != chosen && i != tokenLogits && outputs[i].Shape.Length == 3 && IsFloat(outputs[i]) && !outputs[i].Name.StartsWith("present", StringComparison.Ordinal))
                layers.Add(i);
        }

        return new GraphLayout(feeds.ToImmutable(), chosen, usePooled ? OutputKind.Pooled : OutputKind.Tokens) { Task = ModelTask.Embedding, Layers = layers.ToImmutable() };
    }

    /// <summary>
    /// Whether a pooled output is believed where there are token vectors too. Where files say how to pool, it is if they name modules with
    /// weights of their own, which an exporter that writes <c>sentence_embedding</c> has put into it: applied twice they would be silently wrong.
    /// </summary>
    private static bool Prefers(OrtTensorInfo pooled, SentenceModules? modules, int? width) => modules is null
        // BERT's pooler_output is a layer trained for another end; it is the last resort.
        ? pooled.Name != "pooler_output"
        : pooled.Name == "sentence_embedding" && !modules.IsPlain && modules.IncludePrompt && (width is null || pooled.Shape[1] < 0 || pooled.Shape[1] == width);

    private static bool IsPast(OrtTensorInfo input) =>
        IsFloat(input) && input.Shape.Length >= 3 && input.Shape[0] < 0 && input.Shape.Skip(1).Count(size => size < 0) == 1;

    private static TextFeed? FeedOf(string name) => name switch
    {
        "input_ids" => TextFeed.InputIds,
        "attention_mask" => TextFeed.AttentionMask,
        "token_type_ids" => TextFeed.TokenTypeIds,
        "position_ids" => TextFeed.PositionIds,
        _ when name.StartsWith("past_key_values.", StringComparison.Ordinal) => TextFeed.EmptyPast,
        _ => null,
    };

    /// <summary>The output of a rank with one of these names, else the only output of that rank when there is just one output.</summary>
    private static int Index(IReadOnlyList<OrtTensorInfo> outputs, int rank, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            for (var i = 0; i < outputs.Count; i++)
            {
                if (outputs[i].Name == name && outputs[i].Shape.Length == rank && IsFloat(outputs[i]))
                    return i;
            }
        }

        return outputs.Count == 1 && outputs[0].Shape.Length == rank && IsFloat(outputs[0]) && names[0] != "logits" && !outputs[0].Name.EndsWith("logits", StringComparison.Ordinal) && outputs[0].Name != "scores" ? 0 : -1;
    }

    private static bool IsFloat(OrtTensorInfo info) => info.ElementType is OrtElementType.Float32 or OrtElementType.Float16;
}
