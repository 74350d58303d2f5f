using System.Text.Json;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Tests.Tokenization;

/// <summary>Tokenizers small enough to be written here.</summary>
internal static class SmallTokenizers
{
    public const string WordPieceJson = """
        {"version": "1.0", "truncation": {"direction": "Right", "max_length": 128, "strategy": "LongestFirst", "stride": 0},
         "padding": {"strategy": {"Fixed": 128}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 3, "pad_type_id": 0, "pad_token": "[PAD]"},
         "added_tokens": [{"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
         "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
         "pre_tokenizer": {"type": "BertPreTokenizer"},
         "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
         "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
          "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[PAD]": 3, "the": 4, "other": 5, "te": 6, "##xt": 7, "e": 8, "##e": 9, "中": 10, "1": 11, "##2": 12, "'": 13, "s": 14}}}
        """;

    public static Tokenizer WordPiece() => FromJson(WordPieceJson);

    /// <summary>GPT-2's layout over the 256 bytes and two merges.</summary>
    public static Tokenizer ByteLevel()
    {
        var vocabulary = Enumerable.Range(0, 256).ToDictionary(b => ByteAlphabet.CharOf((byte)b).ToString(), b => b);
        vocabulary["th"] = 256;
        vocabulary["the"] = 257;
        return FromJson($$$"""
            {"added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
             "post_processor": null, "decoder": {"type": "ByteLevel"},
             "model": {"type": "BPE", "merges": ["t h", "th e"], "vocab": {{{JsonSerializer.Serialize(vocabulary)}}} }}
            """);
    }

    public static Tokenizer FromJson(string json, string extension = ".json")
    {
        string file = Path.Combine(Path.GetTempPath(), $"orrery-{Guid.NewGuid():n}{extension}");
        try
        {
            File.WriteAllText(file, json);
            return Tokenizer.FromFile(file);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
