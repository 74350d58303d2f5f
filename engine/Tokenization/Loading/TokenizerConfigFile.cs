using System.Text.Json;

namespace Orrery.Engine.Tokenization;

/// <summary>
/// What <c>tokenizer_config.json</c>, and <c>special_tokens_map.json</c> beside it, say over a <c>tokenizer.json</c>: which id pads, which end of a long text is cut, whether special tokens in a text
/// are text, and what the classes of transformers make anew whatever the other file says: those of Llama, Gemma and Cohere the special tokens around a text, those of
/// BERT's kin how letters are normalized, all of them whether a byte-level text begins with a space.
/// </summary>
internal static class TokenizerConfigFile
{
    private const string FileName = "tokenizer_config.json";

    // People edit these files.
    private static readonly JsonDocumentOptions s_lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    // Classes whose constructor builds the template from add_bos_token and add_eos_token, with their own names of these tokens; of others it is tokenizer.json's.
    private static readonly (string Class, string Begin, string End)[] s_laidOutAnew =
    [
        ("LlamaTokenizer", "<s>", "</s>"), ("CodeLlamaTokenizer", "<s>", "</s>"), ("GemmaTokenizer", "<bos>", "<eos>"), ("CohereTokenizer", "<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>"),
    ];

    // Classes whose constructor sets BERT's normalizer by do_lower_case, strip_accents and tokenize_chinese_chars.
    private static readonly string[] s_normalizedAnew =
    [
        "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MPNetTokenizer", "MobileBertTokenizer", "ConvBertTokenizer", "FunnelTokenizer", "LxmertTokenizer",
        "LayoutLMTokenizer", "SqueezeBertTokenizer", "RetriBertTokenizer", "SplinterTokenizer", "RealmTokenizer",
    ];

    /// <summary>Reads the file of a directory; an empty object where there is none.</summary>
    /// <exception cref="TokenizerFormatException">It is not JSON.</exception>
    public static ConfigNode Read(string directory, string name = FileName)
    {
        string path = Path.Combine(directory, name);
        if (!File.Exists(path)) return new ConfigNode(JsonElement.Parse("{}"), "$", path);
        try
        {
            ReadOnlySpan<byte> json = File.ReadAllBytes(path);
            return new ConfigNode(JsonElement.Parse(json.StartsWith("\uFEFF"u8) ? json[3..] : json, s_lenient), "$", path);
        }
        catch (JsonException e)
        {
            throw new TokenizerFormatException(path, $"line {e.LineNumber + 1}", e.Message, e);
        }
    }

    /// <summary>A token in the config: a string, or an added token's object with its content.</summary>
    public static string? TokenName(ConfigNode config, string name) => config.Find(name) is not { } node ? null
        : node.Element.ValueKind == JsonValueKind.Object ? node.Get("content").AsString() : node.AsString();

    /// <summary>The tokenizer with what the config says of it.</summary>
    /// <param name="parts">As tokenizer.json has it.</param>
    /// <param name="directory">Of both files.</param>
    /// <exception cref="TokenizerFormatException">The config is broken, or wants a token that it does not name or the vocabulary lacks.</exception>
    public static TokenizerParts Apply(TokenizerParts parts, string directory)
    {
        ConfigNode config = Read(directory), map = Read(directory, "special_tokens_map.json");
        if ((TokenName(config, "pad_token") ?? TokenName(map, "pad_token")) is { } pad && parts.Model.Vocabulary.IdOf(pad) is >= 0 and var padId)
            parts = parts with { PadId = padId };
        string kind = ClassOf(config);
        parts = parts with { TruncationSide = SideOf(config, parts.TruncationSide) };
        parts = Spaced(parts, config);
        if (config.Bool("split_special_tokens", false))
            parts = parts with { SplitsSpecialTokens = true, ReadingChanges = [.. parts.ReadingChanges, $"{FileName}: split_special_tokens"] };
        if (Array.Exists(s_normalizedAnew, known => known == kind)) parts = Normalized(parts, config);
        return Array.Find(s_laidOutAnew, known => known.Class == kind) is { Class: not null } tokens ? LaidOut(parts, config, map, tokens.Begin, tokens.End) : parts;
    }

    /// <summary>The class of transformers that the file names, by the name of its slow kin; empty where it names none.</summary>
    public static string ClassOf(ConfigNode config) =>
        config.String("tokenizer_class", "") is var kind && kind.EndsWith("Fast", StringComparison.Ordinal) ? kind[..^"Fast".Length] : kind;

    /// <summary>The end that long texts are cut at; <paramref name="otherwise"/> where the file says nothing.</summary>
    public static TruncationDirection SideOf(ConfigNode config, TruncationDirection otherwise) => config.Find("truncation_side") is not { } side ? otherwise : side.AsString() switch
    {
        "right" => TruncationDirection.Right,
        "left" => TruncationDirection.Left,
        var other => throw side.Wrong($"'{other}' is neither right nor left"),
    };

    /// <summary>A byte-level pre-tokenizer that stands alone is set by the config, whose default is no space.</summary>
    private static TokenizerParts Spaced(TokenizerParts parts, ConfigNode config) =>
        parts.PreTokenizer is not ByteLevel bytes || config.Bool("add_prefix_space", false) is var space && space == bytes.AddPrefixSpace ? parts : parts with
        {
            PreTokenizer = new ByteLevel(space, bytes.UseRegex),
            ReadingChanges = [.. parts.ReadingChanges, $"{FileName}: add_prefix_space"],
        };

    private static TokenizerParts Normalized(TokenizerParts parts, ConfigNode config)
    {
        if (parts.Normalizer is not BertNormalizer normalizer) return parts;
        bool lower = config.Bool("do_lower_case", true);
        BertNormalizer set = normalizer.With(config.Bool("tokenize_chinese_chars", true), config.Bool("strip_accents", lower), lower);
        return set == normalizer ? parts : parts with
        {
            Normalizer = set,
            ReadingChanges = [.. parts.ReadingChanges, $"{FileName}: do_lower_case, strip_accents, tokenize_chinese_chars"],
        };
    }

    private static TokenizerParts LaidOut(TokenizerParts parts, ConfigNode config, ConfigNode map, string begin, string end)
    {
        Vocabulary vocabulary = parts.Model.Vocabulary;
        bool said = config.Find("add_bos_token") is not null || config.Find("add_eos_token") is not null;
        // What no file asks for is not missed where the vocabulary is another than the class's.
        if (!said && vocabulary.IdOf(NameOf("bos_token") ?? begin) < 0) return parts;
        int[] begins = config.Bool("add_bos_token", true) ? [Required("bos_token", begin)] : [], ends = config.Bool("add_eos_token", false) ? [Required("eos_token", end)] : [];
        PostProcessor template = parts.PostProcessor with
        {
            Single = [.. Around(begins, ends, TemplatePiece.First(0), 0)],
            Pair = [.. Around(begins, ends, TemplatePiece.First(0), 0), .. Around(begins, ends, TemplatePiece.Second(1), 1)],
        };
        return Same(template.Single, parts.PostProcessor.Single) && Same(template.Pair, parts.PostProcessor.Pair) ? parts : parts with
        {
            PostProcessor = template,
            ReadingChanges = [.. parts.ReadingChanges, $"{FileName}: add_bos_token, add_eos_token"],
        };

        string? NameOf(string name) => TokenName(config, name) ?? TokenName(map, name);

        int Required(string name, string usual)
        {
            string token = NameOf(name) ?? (vocabulary.IdOf(usual) >= 0 ? usual : throw config.Wrong($"add_{name} is true, but '{name}' names none"));
            return vocabulary.IdOf(token) is >= 0 and var id ? id : throw config.Wrong($"{name}: '{token}' is not in the vocabulary");
        }
    }

    private static IEnumerable<TemplatePiece> Around(int[] begins, int[] ends, TemplatePiece text, int typeId)
    {
        if (begins.Length > 0) yield return TemplatePiece.Special(typeId, begins);
        yield return text;
        if (ends.Length > 0) yield return TemplatePiece.Special(typeId, ends);
    }

    private static bool Same(TemplatePiece[] one, TemplatePiece[] other) =>
        one.Length == other.Length && one.Zip(other).All(pair =>
            pair.First.Sequence == pair.Second.Sequence && pair.First.TypeId == pair.Second.TypeId && pair.First.SpecialIds.AsSpan().SequenceEqual(pair.Second.SpecialIds));
}
