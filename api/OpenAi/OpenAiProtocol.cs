using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.OpenAi;

/// <summary>OpenAI's errors: <c>{"error":{"message","type","param","code"}}</c>, all four keys always there, code a string.</summary>
internal sealed class OpenAiProtocol : Protocol
{
    public override string Name => "openai";

    /// <summary>OpenAI answers 400 for whatever the caller can mend, and 500 for what the server failed at.</summary>
    public override int StatusOf(ApiError error) => error.Status switch
    {
        StatusCodes.Status422UnprocessableEntity => StatusCodes.Status400BadRequest,
        StatusCodes.Status424FailedDependency => StatusCodes.Status500InternalServerError,
        var status => status,
    };

    public override void Write(Utf8JsonWriter json, ApiError error)
    {
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, error.Message);
        json.WriteString("type"u8, error.Kind switch
        {
            InferenceErrorKind.Overloaded => "rate_limit_error",
            InferenceErrorKind.ModelNotReady or InferenceErrorKind.Failed or InferenceErrorKind.DeadlineExceeded => "server_error",
            _ => "invalid_request_error",
        });
        json.WriteString("param"u8, error.Field == "inputs" ? "input" : error.Field);
        json.WriteString("code"u8, error.Kind switch
        {
            InferenceErrorKind.ModelNotFound => "model_not_found",
            InferenceErrorKind.ModelNotReady => "model_not_ready",
            InferenceErrorKind.Overloaded => "rate_limit_exceeded",
            InferenceErrorKind.DeadlineExceeded => "timeout",
            _ => null,
        });
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
