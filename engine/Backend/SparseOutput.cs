namespace Orrery.Engine;

/// <summary>Asks a sparse model for weights over its vocabulary, one vector a text.</summary>
public sealed record SparseRequest : TextRequest
{
    /// <summary>The name of a prompt from the model's files that is put before every text; null for the model's default.</summary>
    public string? PromptName { get; init; }
}

/// <summary>A vector of which most components are 0.</summary>
/// <param name="Indices">The components that are not, ascending: token ids.</param>
/// <param name="Values">Their values, as many; all positive.</param>
public sealed record SparseVector(int[] Indices, float[] Values);

/// <summary>What a sparse model answers.</summary>
/// <param name="Version">The digest of the version that answered.</param>
/// <param name="Vectors">One for each text, in their order.</param>
/// <param name="TotalTokens">Tokens of all texts, special tokens included, after truncation.</param>
public sealed record SparseOutput(string Version, SparseVector[] Vectors, long TotalTokens);
