using System.Text.Json.Serialization.Metadata;
using Microsoft.OpenApi;
using Orrery.Api.Tei;

namespace Orrery.Api.OpenApi;

// Fields that take several JSON types, which no C# type says.

internal sealed class TextsOrTokens;

internal sealed class TextOrTexts;

internal sealed class TextsOrPairs;

internal sealed class TokenLists;

internal sealed class VectorOrBase64;

internal sealed class LabelsOrBatch;

internal sealed class AnyInputs;

internal sealed class HubAnswer;

/// <summary>The schemas of the union types.</summary>
internal static class Unions
{
    /// <summary>Describes the type as what it stands for, when it is one of these.</summary>
    public static void Apply(OpenApiSchema schema, JsonTypeInfo type)
    {
        var (alternatives, description) = type.Type.Name switch
        {
            nameof(TextsOrTokens) => ((OpenApiSchema[])[Text(), List(Integer()), List(OneOf(Text(), List(Integer())))], "A text, its token ids, or a list of either."),
            nameof(TextOrTexts) => ([Text(), List(Text())], "A text or a list of texts."),
            nameof(TextsOrPairs) => ([Text(), List(Text()), List(List(Text()))], "A text, a pair of texts, or a list of [text] and [text, text]."),
            nameof(TokenLists) => ([List(Integer()), List(List(Integer()))], "Token ids, or a list of such lists."),
            nameof(VectorOrBase64) => ([List(Number()), Text()], "The vector, or base64 of its little-endian float32."),
            nameof(LabelsOrBatch) => ([List(Label()), List(List(Label()))], "Labels best first; for a batch one such list each."),
            nameof(AnyInputs) => ([Text(), List(Text()), new OpenApiSchema { Type = JsonSchemaType.Object }], "A text, a list of texts, a pair {text, text_pair}, or {source_sentence, sentences}."),
            nameof(HubAnswer) => (
                [List(new OpenApiSchema { Type = JsonSchemaType.Object }), List(List(new OpenApiSchema { Type = JsonSchemaType.Object })), List(List(Number())), List(Number())],
                "By the model's task: entities or zero-shot labels; labels, entities or weights for each text; vectors; cosines."),
            _ => ([], ""),
        };
        if (alternatives.Length == 0)
            return;
        schema.Type = null;
        schema.OneOf = [.. alternatives];
        schema.Description = description;
    }

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };

    private static OpenApiSchema Integer() => new() { Type = JsonSchemaType.Integer };

    private static OpenApiSchema Number() => new() { Type = JsonSchemaType.Number };

    private static OpenApiSchema List(OpenApiSchema items) => new() { Type = JsonSchemaType.Array, Items = items };

    private static OpenApiSchema OneOf(params OpenApiSchema[] schemas) => new() { OneOf = [.. schemas] };

    private static OpenApiSchema Label() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema> { ["score"] = Number(), ["label"] = Text() },
        Required = new HashSet<string> { nameof(LabelScore.Score).ToLowerInvariant(), nameof(LabelScore.Label).ToLowerInvariant() },
    };
}
