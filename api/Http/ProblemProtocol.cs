using Microsoft.AspNetCore.WebUtilities;

namespace Orrery.Api.Http;

/// <summary>Our own routes and everything unrouted: problem+json (RFC 9457).</summary>
internal sealed class ProblemProtocol : Protocol
{
    public static readonly ProblemProtocol Instance = new();

    public override string Name => "orrery";

    protected override (int Status, string ContentType) Describe(ApiError error, Reply body)
    {
        var status = error.Status != 0 ? error.Status : error.Cause switch
        {
            ErrorCause.Unauthorized => 401,
            ErrorCause.Forbidden => 403,
            ErrorCause.RouteNotFound or ErrorCause.ModelNotFound or ErrorCause.NotFound => 404,
            ErrorCause.MethodNotAllowed => 405,
            ErrorCause.BodyTooLarge => 413,
            ErrorCause.MediaType => 415,
            ErrorCause.Conflict => 409,
            ErrorCause.ModelNotReady or ErrorCause.Unavailable => 503,
            ErrorCause.Overloaded => 429,
            ErrorCause.DeadlineExceeded => 504,
            ErrorCause.Internal or ErrorCause.Failed => 500,
            _ => 400,
        };
        using var json = body.Writer();
        json.WriteStartObject();
        json.WriteString("title", ReasonPhrases.GetReasonPhrase(status));
        json.WriteNumber("status", status);
        json.WriteString("detail", error.Message);
        json.WriteEndObject();
        return (status, "application/problem+json");
    }
}
