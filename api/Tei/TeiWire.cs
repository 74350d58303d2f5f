using System.ComponentModel;
using System.Text.Json.Serialization;
using Orrery.Api.OpenApi;

namespace Orrery.Api.Tei;

// What the OpenAPI document says of these routes. The routes read and write by hand, without these types.

internal record TeiOptions
{
    [Description("Cut texts that are too long; without it the server's setting (auto_truncate in /info).")]
    public bool? Truncate { get; init; }

    [JsonPropertyName("truncation_direction"), Description("Where to cut: right (default; where the model's truncation_side is left, that) or left.")]
    public string? TruncationDirection { get; init; }

    [Description("Extension: the model's name; without it the default model of the task.")]
    public string? Model { get; init; }
}

internal record EmbedAllBody : TeiOptions
{
    public required TextsOrTokens Inputs { get; init; }

    [JsonPropertyName("prompt_name"), Description("A prompt of the model's that is put before every text.")]
    public string? PromptName { get; init; }
}

internal sealed record EmbedBody : EmbedAllBody
{
    [Description("Scale vectors to unit length; true when not given.")]
    public bool? Normalize { get; init; }

    [Description("Keep only the first components, before scaling.")]
    public int? Dimensions { get; init; }
}

internal sealed record SparseWeight(int Index, float Value);

internal sealed record SimilarityBody
{
    public required SimilarityInputs Inputs { get; init; }

    public SimilarityParameters? Parameters { get; init; }
}

internal sealed record SimilarityInputs
{
    [JsonPropertyName("source_sentence")]
    public required string SourceSentence { get; init; }

    public required string[] Sentences { get; init; }
}

internal sealed record SimilarityParameters : TeiOptions
{
    [JsonPropertyName("prompt_name")]
    public string? PromptName { get; init; }
}

internal sealed record PredictBody : TeiOptions
{
    public required TextsOrPairs Inputs { get; init; }

    [JsonPropertyName("raw_scores"), Description("Answer logits instead of probabilities.")]
    public bool? RawScores { get; init; }
}

internal sealed record LabelScore(float Score, string Label);

internal sealed record RerankBody : TeiOptions
{
    public required string Query { get; init; }

    public required string[] Texts { get; init; }

    [JsonPropertyName("raw_scores"), Description("Answer logits instead of their sigmoid.")]
    public bool? RawScores { get; init; }

    [JsonPropertyName("return_text"), Description("Repeat each text beside its score.")]
    public bool? ReturnText { get; init; }
}

internal sealed record Rank(int Index, float Score, string? Text);

internal sealed record TokenizeBody
{
    public required TextOrTexts Inputs { get; init; }

    [JsonPropertyName("add_special_tokens"), Description("True when not given.")]
    public bool? AddSpecialTokens { get; init; }

    [JsonPropertyName("prompt_name")]
    public string? PromptName { get; init; }

    public string? Model { get; init; }
}

internal sealed record Token(int Id, string Text, bool Special, int? Start, int? Stop);

internal sealed record DecodeBody
{
    public required TokenLists Ids { get; init; }

    [JsonPropertyName("skip_special_tokens"), Description("True when not given.")]
    public bool? SkipSpecialTokens { get; init; }

    public string? Model { get; init; }
}

internal sealed record TeiError
{
    public required string Error { get; init; }

    [JsonPropertyName("error_type"), Description("Unhealthy, Backend, Overloaded, Validation, Tokenizer or Empty.")]
    public required string ErrorType { get; init; }
}
