using System.Text.Json;
using Orrery.Engine;

namespace Orrery.Api.Http;

/// <summary>Our own routes' errors, and those of routes that do not exist: RFC 9457 problem details.</summary>
internal sealed class ProblemProtocol : Protocol
{
    public override string Name => "orrery";

    protected override string ContentType => "application/problem+json";

    public override void Write(Utf8JsonWriter json, ApiError error)
    {
        json.WriteStartObject();
        json.WriteString("type", "about:blank"u8);
        json.WriteString("title"u8, Title(error.Kind));
        json.WriteNumber("status"u8, StatusOf(error));
        json.WriteString("detail"u8, error.Message);
        if (error.Field is not null)
            json.WriteString("field"u8, error.Field);
        json.WriteEndObject();
    }

    private static string Title(InferenceErrorKind kind) => kind switch
    {
        InferenceErrorKind.ModelNotFound => "Not found",
        InferenceErrorKind.ModelNotReady => "Model not ready",
        InferenceErrorKind.Overloaded => "Overloaded",
        InferenceErrorKind.DeadlineExceeded => "Deadline exceeded",
        InferenceErrorKind.Failed => "Inference failed",
        InferenceErrorKind.TooLarge => "Too large",
        _ => "Invalid request",
    };
}
