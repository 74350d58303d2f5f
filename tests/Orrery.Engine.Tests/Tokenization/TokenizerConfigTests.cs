using Orrery.Engine.Tests.Support;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Tests.Tokenization;

/// <summary>What tokenizer_config.json says over tokenizer.json, and bytes for what the vocabulary lacks.</summary>
public sealed class TokenizerConfigTests
{
    // A tab is a piece of its own, as in Gemma's vocabulary, and one byte of the letter is missing.
    private const string Bpe = """
        {"added_tokens": [{"id": 0, "content": "<unk>", "special": true}, {"id": 1, "content": "<s>", "special": true}, {"id": 2, "content": "</s>", "special": true}],
         "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
          "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
         "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "fuse_unk": true, "merges": [],
          "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "a": 3, "b": 4, "\t": 5, "<0xC3>": 6, "<0xA9>": 7, "<0xC4>": 8}}}
        """;

    [Theory]
    [InlineData("{}", 1, 3)]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "add_eos_token": true, "bos_token": "<s>", "eos_token": "</s>"}""", 1, 3, 2)]
    [InlineData("""{"tokenizer_class": "GemmaTokenizerFast", "add_bos_token": false, "add_eos_token": true, "eos_token": {"content": "</s>"}}""", 3, 2)]
    [InlineData("""{"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": false}""", 3)]
    [InlineData("""{"tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": false, "add_eos_token": true}""", 1, 3)]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>"}""", 1, 3)]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "add_eos_token": true}""", 1, 3, 2)]
    [InlineData("""{"tokenizer_class": "GemmaTokenizer"}""", 1, 3)]
    public void Lays_texts_out_as_the_config_says_for_the_families_that_do(string config, params int[] ids)
    {
        Assert.Equal(ids, Encode(config, "a"));
        // What is added at the end stays when a text is cut.
        var encoding = new Encoding();
        Read(config).Encode("aaaaaaaa", new EncodeOptions(MaxLength: ids.Length + 2), encoding);
        Assert.Equal(ids[^1] == 3 ? 3 : 2, encoding.Ids[^1]);
    }

    [Theory]
    [InlineData("""{"tokenizer_class": "GemmaTokenizer", "add_eos_token": true, "bos_token": "<s>"}""", "add_eos_token is true")]
    [InlineData("""{"truncation_side": "middle"}""", "truncation_side")]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "add_bos_token": true, "bos_token": "<begin>"}""", "'<begin>' is not in the vocabulary")]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "add_bos_token": 3}""", "add_bos_token")]
    public void Refuses_a_config_by_its_key(string config, string reason)
    {
        var e = Assert.Throws<TokenizerFormatException>(() => Read(config));
        Assert.StartsWith("tokenizer_config.json", e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lays_texts_out_as_the_class_does_by_itself_where_the_config_is_silent()
    {
        var template = Bpe.Replace("""{"Sequence": {"id": "A", "type_id": 0}}],""", """{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<s>", "type_id": 0}}],""", StringComparison.Ordinal);
        Assert.Equal([1, 3, 1], Encode("{}", "a", template));
        Assert.Equal([1, 3], Encode("""{"tokenizer_class": "LlamaTokenizer"}""", "a", template));
        Assert.Equal(["tokenizer_config.json: add_bos_token, add_eos_token"], Read("""{"tokenizer_class": "LlamaTokenizer"}""", template).ReadingChanges.Where(change => change.StartsWith("tokenizer_config", StringComparison.Ordinal)));
    }

    [Fact]
    public void Takes_special_tokens_in_a_text_for_text_where_the_config_says_so()
    {
        Assert.Equal([1, 3, 2], Encode("{}", "a</s>"));
        Assert.Equal([1, 3, 0], Encode("""{"split_special_tokens": true}""", "a</s>"));
    }

    [Theory]
    [InlineData("{}", "null", TruncationDirection.Right)]
    [InlineData("{}", """{"direction": "Left", "max_length": 8, "strategy": "LongestFirst", "stride": 0}""", TruncationDirection.Left)]
    [InlineData("""{"truncation_side": "left"}""", "null", TruncationDirection.Left)]
    [InlineData("""{"truncation_side": "right"}""", """{"direction": "Left", "max_length": 8, "strategy": "LongestFirst", "stride": 0}""", TruncationDirection.Right)]
    public void Cuts_long_texts_at_the_end_that_the_files_say(string config, string truncation, TruncationDirection side) =>
        Assert.Equal(side, Read(config, $$"""{"truncation": {{truncation}}, {{Bpe.TrimStart()[1..]}}""").TruncationSide);

    [Theory]
    [InlineData("""{"tokenizer_class": "BertTokenizer", "do_lower_case": false}""", false, "The", 0)]
    [InlineData("""{"tokenizer_class": "BertTokenizer", "do_lower_case": false}""", true, "The", 0)]
    [InlineData("""{"tokenizer_class": "BertTokenizerFast"}""", false, "The", 4)]
    [InlineData("""{"tokenizer_class": "ElectraTokenizer", "do_lower_case": true, "strip_accents": false}""", false, "Thé", 0)]
    [InlineData("""{"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": true}""", false, "The", 0)]
    [InlineData("{}", true, "Thé", 4)]
    public void Normalizes_as_the_config_of_a_class_of_BERTs_kin_says(string config, bool lowercase, string text, int id) => Assert.Equal(
        [1, id, 2], Encode(config, text, SmallTokenizers.WordPieceJson.Replace("\"lowercase\": true", $"\"lowercase\": {(lowercase ? "true" : "false")}", StringComparison.Ordinal)));

    [Theory]
    [InlineData("{}", false)]
    [InlineData("""{"add_prefix_space": true}""", true)]
    public void Begins_a_byte_level_text_with_a_space_where_the_config_says_so(string config, bool space)
    {
        const string ByteLevel = """
            {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": FILE, "use_regex": true}, "model": {"type": "BPE", "merges": [], "vocab": {"\u0120": 0, "a": 1}}}
            """;
        int[] expected = space ? [0, 1] : [1];
        foreach (var said in (string[])["true", "false"])
            Assert.Equal(expected, Encode(config, "a", ByteLevel.Replace("FILE", said, StringComparison.Ordinal)));
    }

    [Fact]
    public void Reads_a_word_list_as_its_class_does_and_refuses_classes_with_rules_of_their_own()
    {
        Assert.Equal([0, 5, 2, 2, 5, 2], Words("MPNetTokenizer", "word", "word"));
        Assert.Equal([0, 5, 4, 2], Words("MPNetTokenizerFast", "word <mask>"));
        Assert.Contains("tokenizer_class: 'BertJapaneseTokenizer'", Assert.Throws<TokenizerFormatException>(() => Words("BertJapaneseTokenizer", "word")).Message, StringComparison.Ordinal);
    }

    private static int[] Words(string kind, string text, string? pair = null)
    {
        var folder = Repository.Temporary();
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), ["<s>", "<pad>", "</s>", "[UNK]", "<mask>", "word"]);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), $$"""{"tokenizer_class": "{{kind}}", "cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "mask_token": "<mask>"}""");
        var tokenizer = Tokenizer.FromDirectory(folder);
        Assert.Equal(1, tokenizer.PadId);
        var encoding = new Encoding();
        if (pair is null)
            tokenizer.Encode(text, EncodeOptions.Default, encoding);
        else
            tokenizer.EncodePair(text, pair, EncodeOptions.Default, encoding);
        return encoding.Ids.ToArray();
    }

    [Theory]
    [InlineData("""{"pad_token": "</s>"}""", 2)]
    [InlineData("""{"pad_token": {"content": "b"}}""", 4)]
    [InlineData("{}", 0)]
    public void Pads_with_the_token_that_the_config_names(string config, int id) => Assert.Equal(id, Read(config).PadId);

    [Fact]
    public void Falls_back_to_the_bytes_that_are_there_and_else_to_unknown()
    {
        Assert.Equal([1, 6, 7, 5], Encode("{}", "é\t"));
        Assert.Equal([1, 0], Encode("{}", "\u0101"));
        Assert.Equal([1, 3, 0, 4], Encode("{}", "a\u4E00\u4E01b"));
        Assert.Equal(["tokenizer.json: byte_fallback"], Read("{}").ReadingChanges);
    }

    private static int[] Encode(string config, string text, string json = Bpe)
    {
        var encoding = new Encoding();
        Read(config, json).Encode(text, EncodeOptions.Default, encoding);
        return encoding.Ids.ToArray();
    }

    private static Tokenizer Read(string config, string json = Bpe)
    {
        var folder = Repository.Temporary();
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), config);
        return Tokenizer.FromDirectory(folder);
    }
}
