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
    public void Lays_texts_out_as_the_config_says_for_the_families_that_do(string config, params int[] ids)
    {
        Assert.Equal(ids, Encode(config, "a"));
        // What is added at the end stays when a text is cut.
        var encoding = new Encoding();
        Read(config).Encode("aaaaaaaa", new EncodeOptions(MaxLength: ids.Length + 2), encoding);
        Assert.Equal(ids[^1] == 3 ? 3 : 2, encoding.Ids[^1]);
    }

    [Theory]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "add_eos_token": true, "bos_token": "<s>"}""", "add_eos_token is true")]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "add_bos_token": true, "bos_token": "<begin>"}""", "'<begin>' is not in the vocabulary")]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "add_bos_token": 3}""", "add_bos_token")]
    public void Refuses_a_config_by_its_key(string config, string reason)
    {
        var e = Assert.Throws<TokenizerFormatException>(() => Read(config));
        Assert.StartsWith("tokenizer_config.json", e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
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

    private static int[] Encode(string config, string text)
    {
        var encoding = new Encoding();
        Read(config).Encode(text, EncodeOptions.Default, encoding);
        return encoding.Ids.ToArray();
    }

    private static Tokenizer Read(string config)
    {
        var folder = Repository.Temporary();
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Bpe);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), config);
        return Tokenizer.FromDirectory(folder);
    }
}
