using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.OpenInference;

/// <summary>The Open Inference Protocol's errors: <c>{"error":"…"}</c>, with Triton's statuses.</summary>
internal sealed class OpenInferenceProtocol : Protocol
{
    public override string Name => "open-inference";

    public override int StatusOf(ApiError error) => error.Kind switch
    {
        InferenceErrorKind.Overloaded => StatusCodes.Status429TooManyRequests,
        InferenceErrorKind.Failed when error.Status == StatusCodes.Status424FailedDependency => StatusCodes.Status500InternalServerError,
        InferenceErrorKind.Unprocessable => StatusCodes.Status400BadRequest,
        _ => error.Status == StatusCodes.Status415UnsupportedMediaType ? StatusCodes.Status400BadRequest : error.Status,
    };

    public override void Write(Utf8JsonWriter json, ApiError error)
    {
        json.WriteStartObject();
        json.WriteString("error"u8, error.Message);
        json.WriteEndObject();
    }
}
