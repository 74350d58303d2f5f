namespace Orrery.Engine.Tokenization;

internal static class NormalizerLoader
{
    public static Normalizer Load(ConfigNode node) => node.Type switch
    {
        "Sequence" => new SequenceNormalizer([.. node.Get("normalizers").AsArray().Select(Load)]),
        "BertNormalizer" => Bert(node),
        "NFC" => new UnicodeForm(compatibility: false, compose: true),
        "NFD" => new UnicodeForm(compatibility: false, compose: false),
        "NFKC" => new UnicodeForm(compatibility: true, compose: true),
        "NFKD" => new UnicodeForm(compatibility: true, compose: false),
        "Lowercase" => Lowercase.Instance,
        "StripAccents" => new StripAccents(),
        "Strip" => new Strip(node.Bool("strip_left", true), node.Bool("strip_right", true)),
        "Prepend" => new Prepend(node.Get("prepend").AsString()),
        "Replace" => new Replace(PatternLoader.Load(node.Get("pattern")), node.Get("content").AsString()),
        "Precompiled" => Charsmap(node.Get("precompiled_charsmap")),
        "ByteLevel" => new ByteLevelNormalizer(),
        var type => throw node.Wrong($"normalizer '{type}' is not known"),
    };

    private static BertNormalizer Bert(ConfigNode node)
    {
        bool lowercase = node.Bool("lowercase", true);
        return new BertNormalizer(node.Bool("clean_text", true), node.Bool("handle_chinese_chars", true), node.Bool("strip_accents", lowercase), lowercase);
    }

    private static Precompiled Charsmap(ConfigNode node)
    {
        try
        {
            return new Precompiled(Convert.FromBase64String(node.AsString()));
        }
        catch (FormatException e)
        {
            throw node.Wrong(e.Message);
        }
    }
}

internal static class PatternLoader
{
    /// <summary>Reads {"String": "..."} or {"Regex": "..."}.</summary>
    public static TextPattern Load(ConfigNode node)
    {
        if (node.Find("String") is { } literal) return TextPattern.Literal(literal.AsString());
        ConfigNode regex = node.Get("Regex");
        try
        {
            return TextPattern.Matching(OnigurumaRegex.Compile(regex.AsString()));
        }
        catch (ArgumentException e)
        {
            throw regex.Wrong(e.Message);
        }
    }
}

internal static class PreTokenizerLoader
{
    public static PreTokenizer Load(ConfigNode node) => node.Type switch
    {
        "Sequence" => new SequencePreTokenizer([.. node.Get("pretokenizers").AsArray().Select(Load)]),
        "BertPreTokenizer" => new BertPreTokenizer(),
        "ByteLevel" => new ByteLevel(node.Bool("add_prefix_space", true), node.Bool("use_regex", true)),
        "Metaspace" => new Metaspace(Character(node, "replacement", '▁'), Scheme(node), node.Bool("split", true)),
        "Split" => new Split(PatternLoader.Load(node.Get("pattern")), node.Choice("behavior", SplitBehavior.Isolated), node.Bool("invert", false)),
        "Whitespace" => new Whitespace(),
        "WhitespaceSplit" => new SplitAt(CodePoints.IsWhiteSpace, SplitBehavior.Removed),
        "Punctuation" => new SplitAt(c => UnicodeData.Is(c, CharClass.Punctuation), node.Choice("behavior", SplitBehavior.Isolated)),
        "Digits" => new SplitAt(c => UnicodeData.Is(c, CharClass.Numeric), node.Bool("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
        "CharDelimiterSplit" => Delimiter(Character(node, "delimiter", ' ')),
        var type => throw node.Wrong($"pre-tokenizer '{type}' is not known"),
    };

    /// <summary>prepend_scheme, or the add_prefix_space of files before 2024.</summary>
    public static PrependScheme Scheme(ConfigNode node) =>
        node.Choice("prepend_scheme", node.Bool("add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never);

    public static char Character(ConfigNode node, string name, char otherwise) =>
        node.Find(name) is not { } value ? otherwise
        : value.AsString() is { Length: 1 } text ? text[0] : throw value.Wrong("expected one character of the Basic Multilingual Plane");

    private static SplitAt Delimiter(char delimiter) => new(c => c == delimiter, SplitBehavior.Removed);
}

internal static class DecoderLoader
{
    public static Decoder Load(ConfigNode node) => node.Type switch
    {
        "Sequence" => new SequenceDecoder([.. node.Get("decoders").AsArray().Select(Load)]),
        "WordPiece" => new WordPieceDecoder(node.String("prefix", "##"), node.Bool("cleanup", true)),
        "ByteLevel" => new ByteLevelDecoder(),
        "ByteFallback" => new ByteFallbackDecoder(),
        "Metaspace" => new MetaspaceDecoder(PreTokenizerLoader.Character(node, "replacement", '▁'), PreTokenizerLoader.Scheme(node)),
        "BPEDecoder" => new BpeDecoder(node.String("suffix", "</w>")),
        "Replace" => new ReplaceDecoder(PatternLoader.Load(node.Get("pattern")), node.Get("content").AsString()),
        "Strip" => new StripDecoder(PreTokenizerLoader.Character(node, "content", ' '), node.Int("start", 0), node.Int("stop", 0)),
        "Fuse" => new FuseDecoder(),
        var type => throw node.Wrong($"decoder '{type}' is not known"),
    };
}
