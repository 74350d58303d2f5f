using Microsoft.AspNetCore.Http;
using Orrery.Engine;

namespace Orrery.Api.Http;

/// <summary>An error on its way to the caller, before a protocol has given it a shape.</summary>
/// <param name="Status">HTTP's status.</param>
/// <param name="Kind">Its class: decides the protocol's own names.</param>
/// <param name="Message">One sentence.</param>
/// <param name="Field">The field at fault; null for none.</param>
/// <param name="RetryAfter">Told to the caller in whole seconds; null for nothing.</param>
internal sealed record ApiError(int Status, InferenceErrorKind Kind, string Message, string? Field = null, TimeSpan? RetryAfter = null)
{
    /// <summary>A field that is missing or of the wrong kind.</summary>
    public static ApiError Invalid(string message, string? field = null) => new(StatusCodes.Status400BadRequest, InferenceErrorKind.Invalid, message, field);

    /// <summary>A refusal of the engine's, with the usual status of its kind; protocols that differ change it.</summary>
    public static ApiError Of(InferenceError error) => new(
        error.Kind switch
        {
            InferenceErrorKind.ModelNotFound => StatusCodes.Status404NotFound,
            InferenceErrorKind.ModelNotReady => StatusCodes.Status503ServiceUnavailable,
            InferenceErrorKind.Overloaded => StatusCodes.Status429TooManyRequests,
            InferenceErrorKind.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
            InferenceErrorKind.Unprocessable => StatusCodes.Status422UnprocessableEntity,
            InferenceErrorKind.Failed => StatusCodes.Status424FailedDependency,
            _ => StatusCodes.Status400BadRequest,
        },
        error.Kind, error.Message, error.Field, error.RetryAfter);
}
