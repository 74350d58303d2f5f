namespace Orrery.Engine;

/// <summary>How the labels of tokens become entities, by the names of transformers' pipeline.</summary>
public enum EntityAggregation
{
    /// <summary>Each token is one.</summary>
    None,

    /// <summary>Neighbours with one label are one entity.</summary>
    Simple,

    /// <summary>Words first: a word has its first token's label.</summary>
    First,

    /// <summary>Words first: a word has the label with the highest mean probability over its tokens.</summary>
    Average,

    /// <summary>Words first: a word has the label of its most certain token.</summary>
    Max,
}

/// <summary>Asks a token classifier for what it finds in texts.</summary>
public sealed record EntityRequest : TextRequest
{
    /// <summary>How tokens become entities.</summary>
    public EntityAggregation Aggregation { get; init; } = EntityAggregation.Simple;

    /// <summary>Labels that are left out of the answer, as it would name them.</summary>
    public IReadOnlyList<string> IgnoreLabels { get; init; } = ["O"];
}

/// <summary>A part of a text, and what it is.</summary>
/// <param name="Label">The label; of several tokens without B- or I-.</param>
/// <param name="Score">Probability, 0 to 1: the mean over what was put together.</param>
/// <param name="Index">The token's place among the text's tokens, special ones counted; null for several tokens.</param>
/// <param name="Word">The tokens as text, as the tokenizer's decoder joins them; of a single token its piece of the vocabulary.</param>
/// <param name="Start">First character, in Unicode code points.</param>
/// <param name="End">One past the last.</param>
public sealed record Entity(string Label, float Score, int? Index, string Word, int Start, int End);

/// <summary>What a token classifier answers.</summary>
/// <param name="Version">The digest of the version that answered.</param>
/// <param name="Entities">Those of each text, in the order of texts and of their places.</param>
/// <param name="TotalTokens">Tokens of all texts, special tokens included, after truncation.</param>
public sealed record EntityOutput(string Version, Entity[][] Entities, long TotalTokens);
