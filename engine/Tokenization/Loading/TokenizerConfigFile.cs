using System.Text.Json;

namespace Orrery.Engine.Tokenization;

/// <summary>
/// What <c>tokenizer_config.json</c>, and <c>special_tokens_map.json</c> beside it, say over a <c>tokenizer.json</c>: which id pads, and for the tokenizers of Llama,
/// Gemma and Cohere whether texts begin and end with special tokens, which transformers then lays out anew whatever the other file's template is.
/// </summary>
internal static class TokenizerConfigFile
{
    private const string FileName = "tokenizer_config.json";

    // People edit these files.
    private static readonly JsonDocumentOptions s_lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    // Classes whose constructor builds the template from these two settings; of others it is tokenizer.json's.
    private static readonly string[] s_laidOutAnew = ["LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "CohereTokenizer"];

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
        Vocabulary vocabulary = parts.Model.Vocabulary;
        if ((TokenName(config, "pad_token") ?? TokenName(map, "pad_token")) is { } pad && vocabulary.IdOf(pad) is >= 0 and var padId)
            parts = parts with { PadId = padId };
        string kind = config.String("tokenizer_class", "");
        if (!Array.Exists(s_laidOutAnew, known => kind == known || kind == known + "Fast") || (config.Find("add_bos_token") is null && config.Find("add_eos_token") is null)) return parts;

        int[] begins = config.Bool("add_bos_token", true) ? [Required("bos_token")] : [], ends = config.Bool("add_eos_token", false) ? [Required("eos_token")] : [];
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

        int Required(string name)
        {
            string token = TokenName(config, name) ?? TokenName(map, name) ?? throw config.Wrong($"add_{name} is true, but '{name}' names none");
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
