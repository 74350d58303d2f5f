using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary>Text Embeddings Inference's errors: <c>{"error","error_type"}</c>, the type capitalized as on its wire.</summary>
internal sealed class TeiProtocol(ApiOptions options) : Protocol
{
    public override string Name => "tei";

    public override int StatusOf(ApiError error) => error.Kind switch
    {
        // The framework's own refusals (a body too large, a wrong media type) keep their status.
        _ when error.Status is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType => error.Status,
        InferenceErrorKind.Empty => StatusCodes.Status400BadRequest,
        InferenceErrorKind.TooLarge => options.TeiLegacyStatus ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status422UnprocessableEntity,
        // A field of the wrong kind is 422 there, as a body that is no JSON is 400.
        InferenceErrorKind.Invalid => error.Field is null ? StatusCodes.Status400BadRequest : StatusCodes.Status422UnprocessableEntity,
        InferenceErrorKind.WrongTask => StatusCodes.Status424FailedDependency,
        _ => error.Status,
    };

    public override void Write(Utf8JsonWriter json, ApiError error)
    {
        json.WriteStartObject();
        json.WriteString("error"u8, error.Message);
        json.WriteString("error_type"u8, error.Kind switch
        {
            InferenceErrorKind.Empty => "Empty",
            InferenceErrorKind.Overloaded => "Overloaded",
            InferenceErrorKind.ModelNotReady => "Unhealthy",
            InferenceErrorKind.Failed or InferenceErrorKind.WrongTask or InferenceErrorKind.DeadlineExceeded => "Backend",
            _ => "Validation",
        });
        json.WriteEndObject();
    }
}
