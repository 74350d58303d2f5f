namespace Orrery.Engine.Batching;

/// <summary>The limits a batch is formed within.</summary>
/// <param name="MaxTokens">Padded tokens of one batch; a single longer entry still runs, alone.</param>
/// <param name="MaxItems">Entries of one batch.</param>
/// <param name="MaxPadding">Largest share of padding in a batch, 0 to 1.</param>
/// <param name="MinTokens">Below this many tokens a batch is not split between idle sessions: a run has a fixed cost.</param>
/// <param name="BulkEvery">While both wait, one batch in so many belongs to bulk work, so that it is never starved.</param>
internal sealed record BatchPolicy(int MaxTokens, int MaxItems, double MaxPadding, int MinTokens, int BulkEvery)
{
    // A wider window finds more texts of one length; a narrower one bounds how far younger work may overtake.
    private const int WindowBatches = 4;

    /// <summary>Tokens of younger work, counted from the anchor on, that a batch is chosen from. Nothing is overtaken by more.</summary>
    public long Window => (long)MaxTokens * WindowBatches;
}
