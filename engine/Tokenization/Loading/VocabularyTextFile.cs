namespace Orrery.Engine.Tokenization;

/// <summary>Reads BERT's <c>vocab.txt</c> (one token a line, the id is the line) with the settings of <c>tokenizer_config.json</c> beside it.</summary>
internal static class VocabularyTextFile
{
    public static TokenizerParts Read(string path)
    {
        var vocabulary = new Vocabulary(32 * 1024);
        int id = 0;
        foreach (string line in File.ReadLines(path)) vocabulary.Add(line, id++);
        ConfigNode config = TokenizerConfigFile.Read(Path.GetDirectoryName(Path.GetFullPath(path))!);

        int Required(string name, string otherwise)
        {
            string token = TokenizerConfigFile.TokenName(config, name) ?? otherwise;
            return vocabulary.IdOf(token) is >= 0 and var found ? found : throw new TokenizerFormatException(path, "lines", $"the vocabulary has no '{token}' ({name})");
        }

        string[] names = ["unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
        string[] defaults = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"];
        bool lowercase = config.Bool("do_lower_case", true);
        return new TokenizerParts
        {
            AddedTokens =
            [
                .. names.Zip(defaults, (name, otherwise) => TokenizerConfigFile.TokenName(config, name) ?? otherwise).Distinct()
                    .Where(token => vocabulary.IdOf(token) >= 0)
                    .Select(token => new AddedToken(vocabulary.IdOf(token), token, Special: true, Normalized: false, LeftStrip: false, RightStrip: false, SingleWord: false)),
            ],
            Normalizer = new BertNormalizer(cleanText: true, config.Bool("tokenize_chinese_chars", true), config.Bool("strip_accents", lowercase), lowercase),
            PreTokenizer = new BertPreTokenizer(),
            Model = new WordPiece(vocabulary, Required("unk_token", "[UNK]"), "##", maxCharsPerWord: 100),
            PostProcessor = PostProcessorLoader.Bert(Required("cls_token", "[CLS]"), Required("sep_token", "[SEP]")),
            Decoder = new WordPieceDecoder("##", cleanUp: true),
            PadId = TokenizerJsonFile.PadIdOf(vocabulary),
        };
    }
}
