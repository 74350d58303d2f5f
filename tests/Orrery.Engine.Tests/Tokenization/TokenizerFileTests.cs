using Orrery.Engine.Tokenization;
using Encoding = Orrery.Engine.Tokenization.Encoding;

namespace Orrery.Engine.Tests.Tokenization;

public sealed class TokenizerFileTests
{
    [Fact]
    public void Reports_the_truncation_and_padding_id_of_the_file_and_applies_neither_by_itself()
    {
        Tokenizer tokenizer = SmallTokenizers.WordPiece();
        Assert.Equal(128, tokenizer.TruncationLength);
        Assert.Equal(3, tokenizer.PadId);
        Assert.Equal(15, tokenizer.VocabularySize);
        Assert.Equal(2, tokenizer.SpecialTokenCount(pair: false));
        Assert.Equal(3, tokenizer.SpecialTokenCount(pair: true));
        Assert.True(tokenizer.IsSpecial(1));
        Assert.False(tokenizer.IsSpecial(4));
        Assert.Equal(4, tokenizer.TokenToId("the"));
        Assert.Null(tokenizer.TokenToId("absent"));
        Assert.Null(tokenizer.IdToToken(99));
        var encoding = new Encoding();
        tokenizer.Encode(string.Join(' ', Enumerable.Repeat("the", 200)), EncodeOptions.Default, encoding);
        Assert.Equal(202, encoding.Ids.Length);
        tokenizer.Encode("the", EncodeOptions.Default, encoding);
        Assert.Equal([1, 4, 2], encoding.Ids.ToArray());
        Assert.Equal([1, 0, 1], encoding.SpecialTokensMask.ToArray());
    }

    [Theory]
    [InlineData("\"WordPiece\"", "\"Nonsense\"", "$.model", "Nonsense")]
    [InlineData("\"BertNormalizer\"", "\"Nonsense\"", "$.normalizer", "Nonsense")]
    [InlineData("\"BertPreTokenizer\"", "7", "$.pre_tokenizer.type", "expected a string")]
    [InlineData("\"te\": 6", "\"te\": -6", "$.model.vocab['te']", "whole number")]
    [InlineData("\"[UNK]\": 0", "\"[XXX]\": 0", "$.model", "[UNK]")]
    [InlineData("\"sep\": [\"[SEP]\", 2]", "\"sep\": []", "$.post_processor.sep", "expected a token and its id")]
    [InlineData("\"max_length\": 128", "\"max_length\": \"long\"", "$.truncation.max_length", "whole number")]
    [InlineData("\"id\": 1,", "\"id\": 99999999,", "$.added_tokens[0]", "99999999")]
    [InlineData("\"version\": \"1.0\",", "\"version\": ", "line 1", "")]
    [InlineData("\"e\": 8", "\"\\ud800\": 8", "$", "")]
    public void Says_which_file_where_in_it_and_what_is_wrong(string from, string to, string place, string problem)
    {
        string json = SmallTokenizers.WordPieceJson.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(SmallTokenizers.WordPieceJson, json);
        var e = Assert.Throws<TokenizerFormatException>(() => SmallTokenizers.FromJson(json));
        Assert.EndsWith(".json", e.File, StringComparison.Ordinal);
        Assert.StartsWith(place, e.JsonPath, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_every_file_that_is_cut_short()
    {
        for (int length = 0; length < SmallTokenizers.WordPieceJson.Length - 1; length += 7)
            Assert.Throws<TokenizerFormatException>(() => SmallTokenizers.FromJson(SmallTokenizers.WordPieceJson[..length]));
    }

    [Fact]
    public void Reads_a_bare_vocabulary_as_BERTs()
    {
        Tokenizer tokenizer = SmallTokenizers.FromJson("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncafe\n##s\n", ".txt");
        var encoding = new Encoding();
        tokenizer.Encode("The Cafés [MASK] zzz", EncodeOptions.Default, encoding);
        Assert.Equal([2, 5, 6, 7, 4, 1, 3], encoding.Ids.ToArray());
        Assert.Equal("the cafes", tokenizer.Decode(encoding.Ids[..4], skipSpecialTokens: true));
    }

    [Fact]
    public void A_bare_vocabulary_gives_the_same_ids_as_the_full_file()
    {
        string folder = Path.Combine(ReferenceFiles.Shared, "models", "tokenizers", "bert-base-uncased");
        if (!Directory.Exists(folder))
        {
            Console.WriteLine($"skipped: {folder} is not there (set ORRERY_SHARED)");
            return;
        }
        Tokenizer full = Tokenizer.FromDirectory(folder), bare = Tokenizer.FromFile(Path.Combine(folder, "vocab.txt"));
        (Encoding a, Encoding b) = (new(), new());
        foreach (string text in ReferenceFiles.SyntheticTexts())
        {
            full.EncodePair(text, "and more", EncodeOptions.Default, a);
            bare.EncodePair(text, "and more", EncodeOptions.Default, b);
            Assert.Equal(a.Ids.ToArray(), b.Ids.ToArray());
            Assert.Equal(a.TypeIds.ToArray(), b.TypeIds.ToArray());
        }
    }

    [Fact]
    public void Refuses_a_limit_that_the_special_tokens_alone_exceed() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SmallTokenizers.WordPiece().Encode("the", new EncodeOptions(AddSpecialTokens: true, MaxLength: 1), new Encoding()));

    [Theory]
    [InlineData(@"a?+b++(?:c|d)*+", @"(?>a?)(?>b+)(?>(?:c|d)*)")]
    [InlineData(@"[^\r\n\p{L}]?+\p{L}+|\p{N}{1,3}", @"(?>[^\r\n\p{L}]?)\p{L}+|\p{N}{1,3}")]
    [InlineData(@"(?i:'s|'t)|[+]+", @"(?i:'s|'t)|[+]+")]
    public void Possessive_quantifiers_become_atomic_groups(string pattern, string expected) => Assert.Equal(expected, OnigurumaRegex.Translate(pattern));

    [Fact]
    public async Task One_tokenizer_serves_many_threads()
    {
        Tokenizer tokenizer = SmallTokenizers.ByteLevel();
        List<string> texts = [.. ReferenceFiles.SyntheticTexts().Take(2000)];
        int[] lengths = Lengths();
        int[][] others = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(Lengths)));
        Assert.All(others, other => Assert.Equal(lengths, other));

        int[] Lengths()
        {
            var encoding = new Encoding();
            return [.. texts.Select(text =>
            {
                tokenizer.Encode(text, default, encoding);
                return encoding.Ids.Length;
            })];
        }
    }

    [Fact]
    public void Huge_texts_of_one_kind_are_encoded_whole()
    {
        (Tokenizer Tokenizer, int Letters)[] cases = [(SmallTokenizers.ByteLevel(), 1 << 20), (ReferenceFiles.Load("unigram")!, (1 << 20) + 3)];
        foreach ((Tokenizer tokenizer, int letters) in cases)
        {
            var encoding = new Encoding();
            tokenizer.Encode(new string('z', 1 << 20), EncodeOptions.Default, encoding);
            Assert.InRange(encoding.Ids.Length, 2, letters);
            tokenizer.Encode(new string(' ', 1 << 20), EncodeOptions.Default, encoding);
            Assert.True(encoding.Ids.Length > 0);
            tokenizer.Encode("a" + new string('\u0301', 100_000), EncodeOptions.Default, encoding);
            Assert.True(encoding.Ids.Length > 0);
        }
    }
}
