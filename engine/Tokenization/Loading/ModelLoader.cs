using System.Text.Json;

namespace Orrery.Engine.Tokenization;

/// <summary>Reads the model with its vocabulary and merges, without a string per token.</summary>
internal static class ModelLoader
{
    // No published token is longer; a longer one would make the scratch buffer below too small to be on the stack.
    private const int MaxTokenBytes = 4096;

    public static TokenModel Load(ModelSection section, ReadOnlySpan<byte> json)
    {
        ConfigNode settings = section.Settings;
        bool isArray = json[section.VocabularyAt] == '[';
        // Files of before 2021 have no type: Unigram's vocabulary is a list, and only BPE has merges.
        string type = settings.String("type", isArray ? "Unigram" : section.MergesAt >= 0 ? "BPE" : "WordPiece");
        if (isArray != (type == "Unigram")) throw settings.Wrong($"a {type} vocabulary is not {(isArray ? "a list" : "an object")}");
        switch (type)
        {
            case "WordPiece":
                Vocabulary vocabulary = ReadVocabulary(section, json);
                string unknown = settings.String("unk_token", "[UNK]");
                int unknownId = vocabulary.IdOf(unknown);
                if (unknownId < 0) throw settings.Wrong($"the unknown token '{unknown}' is not in the vocabulary");
                return new WordPiece(vocabulary, unknownId, settings.String("continuing_subword_prefix", "##"), settings.Int("max_input_chars_per_word", 100));
            case "BPE":
                return LoadBpe(section, json);
            case "Unigram":
                (Vocabulary pieces, double[] scores) = ReadScores(section, json);
                if (pieces.Size == 0) throw settings.Wrong("the vocabulary is empty");
                int unk = settings.Find("unk_id")?.AsInt() ?? throw settings.Wrong("'unk_id' is missing, so text outside the vocabulary could not be encoded");
                if (!pieces.Contains(unk)) throw settings.Wrong($"unk_id {unk} is not in the vocabulary");
                return new Unigram(pieces, scores, unk, settings.Bool("byte_fallback", false));
            default:
                throw settings.Wrong($"model type '{type}' is not one of WordPiece, BPE, Unigram");
        }
    }

    private static Bpe LoadBpe(ModelSection section, ReadOnlySpan<byte> json)
    {
        ConfigNode settings = section.Settings;
        Vocabulary vocabulary = ReadVocabulary(section, json);
        string prefix = settings.String("continuing_subword_prefix", "");
        if (section.MergesAt < 0) throw settings.Wrong("'merges' is missing");
        MergeTable merges = ReadMerges(section, json, vocabulary, prefix.Length);
        int unknownId = settings.Find("unk_token") is { } unknown ? vocabulary.IdOf(unknown.AsString()) : -1;
        return new Bpe(vocabulary, merges, unknownId, prefix, settings.String("end_of_word_suffix", ""),
            settings.Bool("fuse_unk", false), settings.Bool("byte_fallback", false), settings.Bool("ignore_merges", false));
    }

    private static Vocabulary ReadVocabulary(ModelSection section, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json[section.VocabularyAt..]);
        reader.Read();
        Require(ref reader, JsonTokenType.StartObject, section, "vocab");
        var vocabulary = new Vocabulary(32 * 1024);
        Span<char> token = stackalloc char[MaxTokenBytes];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int length = Copy(ref reader, token, section, "vocab");
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int id) || id is < 0 or > Limits.MaxId)
                throw Wrong(section, $"vocab['{token[..length]}']", $"an id is a whole number from 0 to {Limits.MaxId}");
            vocabulary.Add(token[..length], id);
        }
        return vocabulary;
    }

    private static (Vocabulary Vocabulary, double[] Scores) ReadScores(ModelSection section, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json[section.VocabularyAt..]);
        reader.Read();
        var vocabulary = new Vocabulary(32 * 1024);
        var scores = new List<double>(32 * 1024);
        Span<char> token = stackalloc char[MaxTokenBytes];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            string at = $"vocab[{scores.Count}]";
            Require(ref reader, JsonTokenType.StartArray, section, at);
            reader.Read();
            Require(ref reader, JsonTokenType.String, section, at);
            int length = Copy(ref reader, token, section, at);
            reader.Read();
            Require(ref reader, JsonTokenType.Number, section, at);
            vocabulary.Add(token[..length], scores.Count);
            scores.Add(reader.GetDouble());
            reader.Read();
            Require(ref reader, JsonTokenType.EndArray, section, at);
        }
        return (vocabulary, [.. scores]);
    }

    private static MergeTable ReadMerges(ModelSection section, ReadOnlySpan<byte> json, Vocabulary vocabulary, int prefixLength)
    {
        var reader = new Utf8JsonReader(json[section.MergesAt..]);
        reader.Read();
        Require(ref reader, JsonTokenType.StartArray, section, "merges");
        var merges = new MergeTable(32 * 1024);
        Span<char> both = stackalloc char[MaxTokenBytes * 2];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            int leftLength, length;
            if (reader.TokenType == JsonTokenType.StartArray) // ["a", "b"], since 0.20
            {
                reader.Read();
                Require(ref reader, JsonTokenType.String, section, Place(merges));
                leftLength = Copy(ref reader, both, section, "merges");
                reader.Read();
                Require(ref reader, JsonTokenType.String, section, Place(merges));
                length = leftLength + Copy(ref reader, both[leftLength..], section, "merges");
                reader.Read();
                Require(ref reader, JsonTokenType.EndArray, section, Place(merges));
            }
            else // "a b"
            {
                Require(ref reader, JsonTokenType.String, section, Place(merges));
                length = Copy(ref reader, both, section, "merges");
                leftLength = both[..length].IndexOf(' ');
                if (leftLength < 0) throw Wrong(section, Place(merges), $"'{both[..length]}' is not two tokens with a space between");
                both[(leftLength + 1)..length].CopyTo(both[leftLength..]);
                length--;
            }
            int left = vocabulary.IdOf(both[..leftLength]), right = vocabulary.IdOf(both[leftLength..length]);
            // The merged token is written without the right part's continuing prefix.
            if (prefixLength > 0 && length - leftLength >= prefixLength)
            {
                both[(leftLength + prefixLength)..length].CopyTo(both[leftLength..]);
                length -= prefixLength;
            }
            int merged = vocabulary.IdOf(both[..length]);
            if (left < 0 || right < 0 || merged < 0) throw Wrong(section, Place(merges), $"a part of '{both[..length]}', or the whole, is not in the vocabulary");
            merges.Add(left, right, merged);
        }
        return merges;

        static string Place(MergeTable merges) => $"merges[{merges.Count}]";
    }

    private static int Copy(ref Utf8JsonReader reader, scoped Span<char> destination, ModelSection section, string place) =>
        reader.ValueSpan.Length <= MaxTokenBytes && reader.ValueSpan.Length <= destination.Length
            ? reader.CopyString(destination)
            : throw Wrong(section, place, $"a token of more than {MaxTokenBytes} bytes");

    private static void Require(ref Utf8JsonReader reader, JsonTokenType expected, ModelSection section, string place)
    {
        if (reader.TokenType != expected) throw Wrong(section, place, $"expected {expected}, found {reader.TokenType}");
    }

    private static TokenizerFormatException Wrong(ModelSection section, string place, string problem) =>
        new(section.Settings.File, $"{section.Settings.Path}.{place}", problem);
}
