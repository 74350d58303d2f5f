namespace Orrery.Engine.Tokenization;

/// <summary>Reads BERT's <c>vocab.txt</c> (one token a line, the id is the line) with the settings of <c>tokenizer_config.json</c> beside it.</summary>
internal static class VocabularyTextFile
{
    // Classes of transformers that read such a file as BERT does; others have dictionaries, merges or rules of their own beside it.
    private static readonly string[] s_classes =
    [
        "", "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MPNetTokenizer", "MobileBertTokenizer", "ConvBertTokenizer", "LxmertTokenizer", "LayoutLMTokenizer",
        "SqueezeBertTokenizer", "RetriBertTokenizer", "RealmTokenizer", "DPRQuestionEncoderTokenizer", "DPRContextEncoderTokenizer", "PreTrainedTokenizer",
    ];

    public static TokenizerParts Read(string path)
    {
        var vocabulary = new Vocabulary(32 * 1024);
        int id = 0;
        foreach (string line in File.ReadLines(path)) vocabulary.Add(line, id++);
        ConfigNode config = TokenizerConfigFile.Read(Path.GetDirectoryName(Path.GetFullPath(path))!);

        string kind = TokenizerConfigFile.ClassOf(config);
        if (!s_classes.Contains(kind)) throw config.Wrong($"tokenizer_class: '{kind}' does not read vocab.txt as BERT does, and tokenizer.json is not there");
        // MPNet's tokens around texts are RoBERTa's, under names of BERT's.
        bool roberta = kind == "MPNetTokenizer";
        string[] defaults = roberta ? ["[UNK]", "</s>", "<pad>", "<s>", "<mask>"] : ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"];

        int Required(string name, string otherwise)
        {
            string token = TokenizerConfigFile.TokenName(config, name) ?? otherwise;
            return vocabulary.IdOf(token) is >= 0 and var found ? found : throw new TokenizerFormatException(path, "lines", $"the vocabulary has no '{token}' ({name})");
        }

        string[] names = ["unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
        bool lowercase = config.Bool("do_lower_case", true);
        (int cls, int sep) = (Required("cls_token", defaults[3]), Required("sep_token", defaults[1]));
        return new TokenizerParts
        {
            AddedTokens =
            [
                .. names.Zip(defaults, (name, otherwise) => TokenizerConfigFile.TokenName(config, name) ?? otherwise).Distinct()
                    .Where(token => vocabulary.IdOf(token) >= 0)
                    .Select(token => new AddedToken(vocabulary.IdOf(token), token, Special: true, Normalized: false, LeftStrip: roberta && token == (TokenizerConfigFile.TokenName(config, "mask_token") ?? defaults[^1]), RightStrip: false, SingleWord: false)),
            ],
            Normalizer = new BertNormalizer(cleanText: true, config.Bool("tokenize_chinese_chars", true), config.Bool("strip_accents", lowercase), lowercase),
            PreTokenizer = new BertPreTokenizer(),
            Model = new WordPiece(vocabulary, Required("unk_token", "[UNK]"), "##", maxCharsPerWord: 100),
            PostProcessor = roberta ? PostProcessorLoader.Roberta(cls, sep) : PostProcessorLoader.Bert(cls, sep),
            Decoder = new WordPieceDecoder("##", cleanUp: true),
            PadId = vocabulary.IdOf(TokenizerConfigFile.TokenName(config, "pad_token") ?? defaults[2]) is >= 0 and var pad ? pad : TokenizerJsonFile.PadIdOf(vocabulary),
            ReadingChanges = roberta ? ["tokenizer_config.json: tokenizer_class"] : [],
            TruncationSide = TokenizerConfigFile.SideOf(config, TruncationDirection.Right),
        };
    }
}
