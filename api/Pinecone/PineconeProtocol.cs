using Orrery.Api.Http;

namespace Orrery.Api.Pinecone;

/// <summary>
/// Pinecone's errors: on the data plane gRPC's status, <c>{"code":3,"message","details":[]}</c>; on the control plane
/// <c>{"error":{"code":"INVALID_ARGUMENT","message"},"status":400}</c>.
/// </summary>
/// <param name="controlPlane">Whether the routes manage indexes.</param>
internal sealed class PineconeProtocol(bool controlPlane) : Protocol
{
    public override string Name => "pinecone";

    protected override (int Status, string ContentType) Describe(ApiError error, Reply body)
    {
        var status = error.Status != 0 ? error.Status : StatusOf(error.Cause);
        var (code, name) = CodeOf(status);
        using var json = body.Writer();
        json.WriteStartObject();
        if (controlPlane)
        {
            json.WriteStartObject("error");
            json.WriteString("code", name);
            json.WriteString("message", error.Message);
            json.WriteEndObject();
            json.WriteNumber("status", status);
        }
        else
        {
            json.WriteNumber("code", code);
            json.WriteString("message", error.Message);
            json.WriteStartArray("details");
            json.WriteEndArray();
        }

        json.WriteEndObject();
        return (status, Json);
    }

    private static int StatusOf(ErrorCause cause) => cause switch
    {
        ErrorCause.Unauthorized => 401,
        ErrorCause.Forbidden => 403,
        ErrorCause.RouteNotFound or ErrorCause.ModelNotFound or ErrorCause.NotFound => 404,
        ErrorCause.MethodNotAllowed => 405,
        ErrorCause.Conflict => 409,
        ErrorCause.BodyTooLarge => 413,
        ErrorCause.MediaType => 415,
        ErrorCause.Overloaded => 429,
        ErrorCause.Internal or ErrorCause.Failed => 500,
        ErrorCause.ModelNotReady or ErrorCause.Unavailable => 503,
        ErrorCause.DeadlineExceeded => 504,
        _ => 400,
    };

    // google.rpc.Code, by number and by name; the control plane says FORBIDDEN for PERMISSION_DENIED.
    private static (int Code, string Name) CodeOf(int status) => status switch
    {
        401 => (16, "UNAUTHENTICATED"),
        403 => (7, "FORBIDDEN"),
        404 => (5, "NOT_FOUND"),
        405 => (12, "UNIMPLEMENTED"),
        408 or 504 => (4, "DEADLINE_EXCEEDED"),
        409 => (6, "ALREADY_EXISTS"),
        413 => (11, "OUT_OF_RANGE"),
        429 => (8, "RESOURCE_EXHAUSTED"),
        503 => (14, "UNAVAILABLE"),
        >= 500 => (13, "INTERNAL"),
        _ => (3, "INVALID_ARGUMENT"),
    };
}
