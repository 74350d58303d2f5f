namespace Orrery.Engine.Tokenization;

/// <summary>
/// How to encode. Beware that <c>default(EncodeOptions)</c> has <paramref name="AddSpecialTokens"/> false,
/// as every default struct has; <c>new EncodeOptions()</c> has it false too: write
/// <c>new EncodeOptions(AddSpecialTokens: true)</c> or use <see cref="Default"/>.
/// </summary>
/// <param name="AddSpecialTokens">Whether the post-processor adds its tokens ([CLS], [SEP] ...).</param>
/// <param name="MaxLength">Most ids in the result, special tokens counted in; 0 for no truncation. A file's own limit is
/// <see cref="Tokenizer.TruncationLength"/>, for the caller to pass here. Otherwise at least the special tokens' count.</param>
/// <param name="Direction">The end that truncation takes tokens from.</param>
/// <param name="WithOffsets">Whether <see cref="Encoding.Offsets"/> is filled, which costs time.</param>
/// <param name="OnlyFirst">Of a pair only the first text loses tokens, whatever the file says; where the second alone is too long nothing is cut.</param>
/// <param name="LongestFirst">Of a pair the longer text loses tokens first, whatever the file says: what pipelines ask for.</param>
public readonly record struct EncodeOptions(
    bool AddSpecialTokens = true, int MaxLength = 0, TruncationDirection Direction = TruncationDirection.Right, bool WithOffsets = false, bool OnlyFirst = false, bool LongestFirst = false)
{
    /// <summary>Special tokens, no truncation, no offsets.</summary>
    public static EncodeOptions Default => new(AddSpecialTokens: true);
}

/// <summary>The end of the text that truncation takes tokens from.</summary>
public enum TruncationDirection
{
    /// <summary>The first tokens stay.</summary>
    Right,

    /// <summary>The last tokens stay.</summary>
    Left,
}
