using FsCheck;
using FsCheck.Fluent;
using Orrery.Engine.Tokenization;
using Encoding = Orrery.Engine.Tokenization.Encoding;
using Random = System.Random;

namespace Orrery.Engine.Tests.Tokenization;

/// <summary>What holds for any text, on a tokenizer of each kind that needs no shared file.</summary>
public sealed class TokenizerPropertyTests
{
    private static readonly Tokenizer s_unigram = ReferenceFiles.Load("unigram")!;
    private static readonly Tokenizer s_bytes = SmallTokenizers.ByteLevel();
    private static readonly Tokenizer s_words = SmallTokenizers.WordPiece();

    /// <summary>Text of everything a UTF-16 string can hold, with what tokenizers look for more often than chance.</summary>
    private static Arbitrary<string> AnyText => Gen.Choose(0, int.MaxValue - 1).Select(seed =>
    {
        var random = new Random(seed);
        string[] likely = [" ", "the", "▁", "[CLS]", "<mask>", "é", "e\u0301", "\uD83D\uDE00", "\u200D", "中", "\n", "'s", "가", "\uD800", "\u0000", "12"];
        return string.Concat(Enumerable.Range(0, random.Next(0, 40))
            .Select(_ => random.Next(2) == 0 ? likely[random.Next(likely.Length)] : ((char)random.Next(0x10000)).ToString()));
    }).ToArbitrary();

    [Fact]
    public void Any_text_gives_known_ids_with_offsets_inside_it_whose_starts_never_go_back() => ForAnyText(text =>
    {
        foreach (Tokenizer tokenizer in (Tokenizer[])[s_unigram, s_bytes, s_words])
        {
            var encoding = new Encoding();
            tokenizer.Encode(text, new EncodeOptions(AddSpecialTokens: false, WithOffsets: true), encoding);
            Assert.Equal(encoding.Ids.Length, encoding.Offsets.Length);
            Assert.Equal(encoding.Ids.Length, encoding.UntruncatedLength);
            int last = 0;
            for (int i = 0; i < encoding.Ids.Length; i++)
            {
                Assert.NotNull(tokenizer.IdToToken(encoding.Ids[i]));
                Assert.InRange(encoding.Offsets[i].Start, last, text.Length);
                Assert.InRange(encoding.Offsets[i].End, encoding.Offsets[i].Start, text.Length);
                last = encoding.Offsets[i].Start;
            }
        }
    });

    [Fact]
    public void Byte_level_ids_decode_to_the_text_with_lone_surrogates_replaced() => ForAnyText(text =>
    {
        var encoding = new Encoding();
        s_bytes.Encode(text, default, encoding);
        Assert.Equal(System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text)), s_bytes.Decode(encoding.Ids, skipSpecialTokens: false));
    });

    [Fact]
    public void Encoding_twice_gives_the_same_whatever_was_encoded_between() => ForAnyText(text =>
    {
        foreach (Tokenizer tokenizer in (Tokenizer[])[s_unigram, s_bytes, s_words])
        {
            var encoding = new Encoding();
            tokenizer.Encode(text, EncodeOptions.Default, encoding);
            int[] first = encoding.Ids.ToArray();
            tokenizer.EncodePair(text + "x", "other " + text, EncodeOptions.Default with { WithOffsets = true }, encoding);
            tokenizer.Encode(text, EncodeOptions.Default, encoding);
            Assert.Equal(first, encoding.Ids.ToArray());
        }
    });

    [Fact]
    public void Truncation_keeps_to_the_limit_and_keeps_the_right_end() => ForAnyText(text =>
    {
        var whole = new Encoding();
        var cut = new Encoding();
        s_words.Encode(text, new EncodeOptions(AddSpecialTokens: false), whole);
        for (int max = 2; max < 12; max++)
        {
            foreach (TruncationDirection direction in Enum.GetValues<TruncationDirection>())
            {
                s_words.Encode(text, new EncodeOptions(AddSpecialTokens: true, max, direction), cut);
                int kept = Math.Min(whole.Ids.Length, max - 2);
                ReadOnlySpan<int> expected = direction == TruncationDirection.Right ? whole.Ids[..kept] : whole.Ids[^kept..];
                Assert.Equal(expected.ToArray(), cut.Ids[1..^1].ToArray());
                Assert.Equal(whole.Ids.Length + 2, cut.UntruncatedLength);
                s_words.EncodePair(text, "the other text", new EncodeOptions(AddSpecialTokens: true, max + 1, direction), cut);
                Assert.True(cut.Ids.Length <= max + 1);
            }
        }
    });

    private static void ForAnyText(Action<string> property) => Prop.ForAll(AnyText, property).QuickCheckThrowOnFailure();
}
