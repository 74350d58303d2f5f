using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary>What several of Text Embeddings Inference's requests share.</summary>
internal static class TeiFields
{
    /// <summary>How texts are cut: the request's truncate and truncation_direction, else the server's setting.</summary>
    public static Truncation Truncation(this Fields fields, ApiOptions options)
    {
        var truncate = fields.Bool("truncate") ?? options.AutoTruncate;
        var left = fields.Text("truncation_direction") switch
        {
            null or "right" or "Right" => false,
            "left" or "Left" => true,
            _ => fields.Wrong<bool>("truncation_direction", "left or right"),
        };
        return !truncate ? Engine.Truncation.Refuse : left ? Engine.Truncation.Left : Engine.Truncation.Right;
    }

    /// <summary>The model a request names in our extension field; empty for the task's default.</summary>
    public static string Model(this Fields fields) => fields.Text("model") ?? "";

    /// <summary>Refuses nothing at all, and more than the server takes.</summary>
    /// <param name="count">Items; 0 also for a missing field.</param>
    /// <param name="field">The field they are in.</param>
    /// <param name="options">The limits.</param>
    public static ApiError? CheckCount(int count, string field, ApiOptions options) =>
        count == 0 ? new ApiError(400, InferenceErrorKind.Empty, $"`{field}` cannot be empty", field)
        : count > options.MaxClientBatchSize
            ? new ApiError(422, InferenceErrorKind.TooLarge, $"batch size {count} > maximum allowed batch size {options.MaxClientBatchSize}", field)
        : null;
}
