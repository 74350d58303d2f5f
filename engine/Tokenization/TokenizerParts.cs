namespace Orrery.Engine.Tokenization;

/// <summary>What a tokenizer file says, ready to run, in the order that text goes through it.</summary>
internal sealed record TokenizerParts
{
    public AddedToken[] AddedTokens { get; init; } = [];

    /// <summary>Whether special tokens that stand in a text are text like any other.</summary>
    public bool SplitsSpecialTokens { get; init; }

    public Normalizer? Normalizer { get; init; }

    public PreTokenizer? PreTokenizer { get; init; }

    public required TokenModel Model { get; init; }

    public PostProcessor PostProcessor { get; init; } = PostProcessor.None;

    public Decoder? Decoder { get; init; }

    public int? TruncationLength { get; init; }

    public TruncationStrategy TruncationStrategy { get; init; }

    public TruncationDirection TruncationSide { get; init; }

    public required int PadId { get; init; }

    /// <summary>See <see cref="Tokenizer.ReadingChanges"/>.</summary>
    public IReadOnlyList<string> ReadingChanges { get; init; } = [];
}
