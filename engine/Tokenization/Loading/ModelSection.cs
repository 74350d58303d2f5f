using System.Text.Json;

namespace Orrery.Engine.Tokenization;

/// <summary>The <c>model</c> object: small values parsed, and where the two large ones begin in the file.</summary>
internal sealed record ModelSection(ConfigNode Settings, int VocabularyAt, int MergesAt)
{
    private static readonly JsonElement s_empty = JsonElement.Parse("{}");

    public static ModelSection Scan(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, string path)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new TokenizerFormatException(path, "$.model", "expected an object");
        int vocabulary = -1, merges = -1;
        var small = new Dictionary<string, JsonElement>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name is "vocab") vocabulary = (int)reader.TokenStartIndex;
            else if (name is "merges") merges = (int)reader.TokenStartIndex;
            else
            {
                small[name] = JsonElement.ParseValue(ref reader);
                continue;
            }
            reader.Skip();
        }
        if (vocabulary < 0) throw new TokenizerFormatException(path, "$.model", "'vocab' is missing");
        JsonElement settings = small.Count == 0 ? s_empty : JsonSerializer.SerializeToElement(small);
        return new ModelSection(new ConfigNode(settings, "$.model", path), vocabulary, merges);
    }
}
