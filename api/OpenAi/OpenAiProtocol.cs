using Orrery.Api.Http;

namespace Orrery.Api.OpenAi;

/// <summary>OpenAI's errors: <c>{"error":{"message","type","param","code"}}</c>, all four keys always there.</summary>
internal sealed class OpenAiProtocol : Protocol
{
    private const string InvalidRequest = "invalid_request_error";
    private const string ServerError = "server_error";

    public override string Name => "openai";

    protected override (int Status, string ContentType) Describe(ApiError error, Reply body)
    {
        var (status, type, code) = Map(error);
        using var json = body.Writer();
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("type", type);
        json.WriteString("param", error.Field);
        json.WriteString("code", code);
        json.WriteEndObject();
        json.WriteEndObject();
        return (status, Json);
    }

    private static (int Status, string Type, string? Code) Map(ApiError error) => error.Cause switch
    {
        ErrorCause.WrongType => (400, InvalidRequest, "invalid_type"),
        ErrorCause.Unauthorized => (401, InvalidRequest, "invalid_api_key"),
        ErrorCause.Forbidden => (403, InvalidRequest, "forbidden"),
        ErrorCause.RouteNotFound => (404, InvalidRequest, "unknown_url"),
        ErrorCause.MethodNotAllowed => (405, InvalidRequest, "method_not_allowed"),
        ErrorCause.MediaType => (415, InvalidRequest, "unsupported_media_type"),
        ErrorCause.BodyTooLarge => (413, InvalidRequest, "request_too_large"),
        ErrorCause.BodyUnreadable => (error.Status, InvalidRequest, null),
        ErrorCause.ModelNotFound => (404, InvalidRequest, "model_not_found"),
        ErrorCause.ModelNotReady => (503, ServerError, "model_not_ready"),
        ErrorCause.NotFound => (404, InvalidRequest, "not_found"),
        ErrorCause.Conflict => (409, InvalidRequest, "conflict"),
        ErrorCause.Unavailable => (503, ServerError, "unavailable"),
        ErrorCause.Overloaded => (429, "rate_limit_error", "rate_limit_exceeded"),
        ErrorCause.DeadlineExceeded => (504, ServerError, "timeout"),
        ErrorCause.Failed or ErrorCause.Internal => (500, ServerError, null),
        _ => (400, InvalidRequest, null),
    };
}
