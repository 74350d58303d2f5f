using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Pinecone.Inference;

/// <summary>What Pinecone's <c>parameters</c> say of embedding or reranking: <c>input_type</c>, <c>truncate</c>, <c>dimension</c>.</summary>
internal sealed record InferenceParameters
{
    /// <summary>As a query; the other type is a passage's.</summary>
    public const string Query = "query";

    /// <summary>As what is searched for.</summary>
    public const string Passage = "passage";

    /// <summary>What they may be called.</summary>
    public static readonly string[] Names = ["input_type", "truncate", "dimension"];

    // What models' authors call the prompts of either side.
    private static readonly string[] _queryPrompts = ["query", "search_query"];
    private static readonly string[] _passagePrompts = ["passage", "document", "search_document"];

    /// <summary>Whose prompt goes before the text; null for the model's default.</summary>
    public string? InputType { get; private init; }

    public Truncation Truncation { get; private init; } = Truncation.Right;

    public int? Dimension { get; private init; }

    /// <summary>Reads them.</summary>
    /// <param name="json">A JSON object; empty for none.</param>
    /// <param name="field">What it is called.</param>
    /// <param name="inputType">The type where none is said; null for neither.</param>
    /// <param name="parameters">What they say.</param>
    public static ApiError? Read(ReadOnlyMemory<byte> json, string field, string? inputType, out InferenceParameters parameters)
    {
        parameters = new InferenceParameters { InputType = inputType };
        if (json.IsEmpty)
            return null;
        using var document = JsonDocument.Parse(json);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            var value = property.Value;
            if (value.ValueKind == JsonValueKind.Null)
                continue;
            if (property.NameEquals("input_type"u8))
            {
                if (value.ValueKind != JsonValueKind.String || value.GetString() is not (Query or Passage))
                    return new(ErrorCause.Invalid, $"{field}.input_type must be {Query} or {Passage}, not {value.GetRawText()}", field);
                parameters = parameters with { InputType = value.GetString() };
            }
            else if (property.NameEquals("truncate"u8))
            {
                Truncation? truncation = value.ValueKind != JsonValueKind.String ? null : value.GetString() switch
                {
                    "END" => Truncation.Right,
                    "START" => Truncation.Left,
                    "NONE" => Truncation.Refuse,
                    _ => null,
                };
                if (truncation is null)
                    return new(ErrorCause.Invalid, $"{field}.truncate must be END, START or NONE, not {value.GetRawText()}", field);
                parameters = parameters with { Truncation = truncation.Value };
            }
            else if (property.NameEquals("dimension"u8))
            {
                if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var dimension) || dimension < 1)
                    return new(ErrorCause.Invalid, $"{field}.dimension must be a positive integer, not {value.GetRawText()}", field);
                parameters = parameters with { Dimension = dimension };
            }
            else
            {
                return new(ErrorCause.Invalid, $"{field}.{property.Name} is not known: there are input_type, truncate and dimension", field);
            }
        }

        return null;
    }

    /// <summary>The model's prompt for the type; null where it has none of that name, and for the model's default.</summary>
    public string? PromptOf(ModelInfo model) => InputType is null ? null : Array.Find(InputType == Query ? _queryPrompts : _passagePrompts, model.Prompts.ContainsKey);

    /// <summary>Asks for embeddings.</summary>
    public EmbedRequest Embed(ModelInfo model, IReadOnlyList<TextInput> inputs, RequestHeaders headers) => new()
    {
        Model = model.Name,
        Inputs = inputs,
        Truncation = Truncation,
        Priority = headers.Priority,
        Timeout = headers.Timeout,
        Normalize = true,
        Dimensions = Dimension,
        PromptName = PromptOf(model),
    };
}
