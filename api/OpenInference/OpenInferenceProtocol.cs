using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;

namespace Orrery.Api.OpenInference;

/// <summary>The Open Inference Protocol's errors: <c>{"error":"…"}</c>.</summary>
internal sealed class OpenInferenceProtocol : Protocol
{
    /// <summary>It has no state.</summary>
    public static OpenInferenceProtocol Instance { get; } = new();

    public override string Name => "open-inference";

    protected override (int Status, string ContentType) Describe(ApiError error, Reply body)
    {
        using var json = body.Writer();
        json.WriteStartObject();
        json.WriteString("error"u8, error.Message);
        json.WriteEndObject();
        return (StatusOf(error), Json);
    }

    // Triton answers 400 for whatever a caller can mend; a queue that is full is 429 there as with the other protocols.
    private static int StatusOf(ApiError error) => error.Cause switch
    {
        _ when error.Status != 0 => error.Status,
        ErrorCause.RouteNotFound or ErrorCause.ModelNotFound => StatusCodes.Status404NotFound,
        ErrorCause.MethodNotAllowed => StatusCodes.Status405MethodNotAllowed,
        ErrorCause.BodyTooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorCause.ModelNotReady or ErrorCause.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ErrorCause.Overloaded => StatusCodes.Status429TooManyRequests,
        ErrorCause.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        ErrorCause.Failed or ErrorCause.Internal => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status400BadRequest,
    };
}
