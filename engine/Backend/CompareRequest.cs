namespace Orrery.Engine;

/// <summary>
/// Asks how near texts are: given pairs, or every pair within a list. A pair detector or an embedding model compares by the cosine of
/// embeddings, a cross-encoder by its score; no text is embedded twice.
/// </summary>
public sealed record CompareRequest
{
    /// <summary>Pairs (<see cref="TextInput.OfPair"/>) to be answered in this order, or with <see cref="AllPairs"/> single texts.</summary>
    public required IReadOnlyList<TextInput> Inputs { get; init; }

    /// <summary>Whether every pair within <see cref="Inputs"/> is compared, and those at or above the threshold are answered, nearest first. Not by a cross-encoder.</summary>
    public bool AllPairs { get; init; }

    /// <summary>A detector of kind pair; null for none.</summary>
    public string? Detector { get; init; }

    /// <summary>An embedding model, reranker or one-score cross-encoder, when no detector is named; empty for the default embedding model.</summary>
    public string Model { get; init; } = "";

    /// <summary>The least probability, or without a detector the least similarity; null for the detector's own, or for everything.</summary>
    public float? Threshold { get; init; }

    /// <summary>The most pairs that all-pairs answers with.</summary>
    public int Limit { get; init; } = 1000;

    /// <summary>What to do with texts that are too long.</summary>
    public Truncation Truncation { get; init; } = Truncation.Right;

    /// <summary>Who is waiting.</summary>
    public Priority Priority { get; init; }

    /// <summary>How long the caller waits, from now; null for the server's limit.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>One pair's answer.</summary>
/// <param name="First">The first text's place: in the list, or the pair's own place.</param>
/// <param name="Second">The second text's place in the list; the pair's own place when pairs were given.</param>
/// <param name="Similarity">The cosine (-1 to 1), or the cross-encoder's score: 0 to 1, unless its files say that the raw one is meant.</param>
/// <param name="Probability">The pair detector's, 0 to 1; null without one.</param>
/// <param name="Matches">Whether it reaches the threshold; true where there is none.</param>
public readonly record struct Comparison(int First, int Second, float Similarity, float? Probability, bool Matches);

/// <summary>The answer to a <see cref="CompareRequest"/>.</summary>
/// <param name="Pairs">The pairs, in the order given, or nearest first.</param>
/// <param name="Model">The model that read the texts.</param>
/// <param name="Version">Its digest.</param>
/// <param name="Detector">The detector; null when none was asked.</param>
/// <param name="Threshold">The threshold that was used; null when there is none.</param>
/// <param name="TotalTokens">Tokens computed, special tokens included.</param>
/// <param name="More">Whether all-pairs found more than the limit.</param>
public sealed record CompareOutput(
    IReadOnlyList<Comparison> Pairs, string Model, string Version, DetectorInfo? Detector, float? Threshold, long TotalTokens, bool More);
