using System.Text;
using System.Text.Json;
using Orrery.Api.Http;

namespace Orrery.Api.Pinecone.Inference;

/// <summary>What of a document is compared with the query: one of its fields, or several below each other.</summary>
internal static class RankText
{
    /// <summary>The field where none is named.</summary>
    public static IReadOnlyList<string> Usual { get; } = ["text"];

    /// <summary>Takes it out.</summary>
    /// <param name="document">A JSON object, or a JSON string, which is the text.</param>
    /// <param name="fields">The fields, each of which it must have as a text.</param>
    /// <param name="name">What the document is called.</param>
    /// <param name="text">The text.</param>
    public static ApiError? Of(ReadOnlyMemory<byte> document, IReadOnlyList<string> fields, string name, out string text)
    {
        text = "";
        using var json = JsonDocument.Parse(document, new JsonDocumentOptions { MaxDepth = 64 });
        if (json.RootElement.ValueKind == JsonValueKind.String)
        {
            text = json.RootElement.GetString()!;
            return null;
        }

        var joined = new StringBuilder();
        foreach (var field in fields)
        {
            if (!json.RootElement.TryGetProperty(field, out var value) || value.ValueKind != JsonValueKind.String)
                return new(ErrorCause.Invalid, $"{name} has no text in the field '{field}' that is to be ranked by", "rank_fields");
            if (joined.Length > 0)
                joined.Append('\n');
            joined.Append(value.GetString());
        }

        text = joined.ToString();
        return null;
    }
}
