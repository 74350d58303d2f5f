using System.Text.Json;

namespace Orrery.Engine.Tokenization;

/// <summary>Reads <c>tokenizer.json</c> as Hugging Face's tokenizers writes it. The vocabulary and merges are streamed, the rest is small.</summary>
internal static class TokenizerJsonFile
{
    public static TokenizerParts Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        try
        {
            return Read(bytes, path);
        }
        catch (JsonException e)
        {
            throw new TokenizerFormatException(path, $"line {e.LineNumber + 1}, byte {e.BytePositionInLine}", e.Message, e);
        }
        catch (InvalidOperationException e)
        {
            // The reader's answer to a value of another kind or a string that is no Unicode text.
            throw new TokenizerFormatException(path, "$", e.Message, e);
        }
    }

    private static TokenizerParts Read(ReadOnlySpan<byte> json, string path)
    {
        if (json.StartsWith("\uFEFF"u8)) json = json[3..];
        var sections = new Dictionary<string, ConfigNode>();
        ModelSection? model = null;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new TokenizerFormatException(path, "$", "expected an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == "model") model = ModelSection.Scan(ref reader, json, path);
            else if (reader.TokenType == JsonTokenType.Null) continue;
            else sections[name] = new ConfigNode(JsonElement.ParseValue(ref reader), $"$.{name}", path);
        }
        if (model is null) throw new TokenizerFormatException(path, "$", "'model' is missing");

        TokenModel tokenModel = ModelLoader.Load(model, json);
        AddedToken[] added = sections.TryGetValue("added_tokens", out ConfigNode tokens) ? [.. tokens.AsArray().Select(ReadAddedToken)] : [];
        foreach (AddedToken token in added) tokenModel.Vocabulary.Add(token.Content, token.Id);
        ConfigNode? truncation = sections.TryGetValue("truncation", out ConfigNode t) ? t : null;
        return new TokenizerParts
        {
            AddedTokens = added,
            Normalizer = sections.TryGetValue("normalizer", out ConfigNode n) ? NormalizerLoader.Load(n) : null,
            PreTokenizer = sections.TryGetValue("pre_tokenizer", out ConfigNode p) ? PreTokenizerLoader.Load(p) : null,
            Model = tokenModel,
            PostProcessor = sections.TryGetValue("post_processor", out ConfigNode o) ? PostProcessorLoader.Load(o) : PostProcessor.None,
            Decoder = sections.TryGetValue("decoder", out ConfigNode d) ? DecoderLoader.Load(d) : null,
            TruncationLength = truncation?.Get("max_length").AsInt(),
            TruncationStrategy = truncation?.Choice("strategy", TruncationStrategy.LongestFirst) ?? TruncationStrategy.LongestFirst,
            TruncationSide = truncation?.Choice("direction", TruncationDirection.Right) ?? TruncationDirection.Right,
            ReadingChanges = model.Settings.Bool("byte_fallback", false) && ByteFallback.IsPartial(tokenModel.Vocabulary) ? ["tokenizer.json: byte_fallback"] : [],
            PadId = sections.TryGetValue("padding", out ConfigNode padding) ? padding.Int("pad_id", 0) : PadIdOf(tokenModel.Vocabulary),
        };
    }

    /// <summary>The id of the usual padding tokens, or 0.</summary>
    public static int PadIdOf(Vocabulary vocabulary) =>
        vocabulary.IdOf("[PAD]") is >= 0 and var bert ? bert : Math.Max(0, vocabulary.IdOf("<pad>"));

    private static AddedToken ReadAddedToken(ConfigNode node)
    {
        bool special = node.Bool("special", false);
        int id = node.Get("id").AsInt();
        if (id is < 0 or > Limits.MaxId) throw node.Wrong($"id {id} is outside 0 to {Limits.MaxId}");
        return new AddedToken(id, node.Get("content").AsString(), special, node.Bool("normalized", !special),
            node.Bool("lstrip", false), node.Bool("rstrip", false), node.Bool("single_word", false));
    }
}

internal static class Limits
{
    /// <summary>Ids index arrays: a larger one is a damaged file, not a vocabulary.</summary>
    public const int MaxId = 16 * 1024 * 1024;
}
