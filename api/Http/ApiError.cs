using Orrery.Engine;

namespace Orrery.Api.Http;

/// <summary>Why a request got no answer: what the API finds wrong itself, then <see cref="InferenceErrorKind"/> by the same names.</summary>
internal enum ErrorCause
{
    MalformedJson,
    WrongType,
    BadHeader,
    MediaType,
    BodyTooLarge,
    BodyUnreadable,
    RouteNotFound,
    MethodNotAllowed,
    Unauthorized,
    Forbidden,
    Internal,
    Invalid,
    Empty,
    TooLarge,
    Unprocessable,
    ModelNotFound,
    ModelNotReady,
    WrongTask,
    Overloaded,
    DeadlineExceeded,
    Failed,
    NotFound,
    Conflict,
    Unavailable,
}

/// <summary>A refusal or failure on its way to the caller; each <see cref="Protocol"/> gives it a status and a body.</summary>
/// <param name="Cause">Its class, also the <c>cause</c> label of the metrics.</param>
/// <param name="Message">One sentence naming the field, the limit and what was given, however long.</param>
/// <param name="Field">The request's field at fault; null when none is.</param>
/// <param name="RetryAfter">When trying again may succeed; null when it will not by itself.</param>
/// <param name="Status">The HTTP status where the transport has decided it; 0 where the protocol does.</param>
internal sealed record ApiError(ErrorCause Cause, string Message, string? Field = null, TimeSpan? RetryAfter = null, int Status = 0)
{
    /// <summary>The most characters of a message, which may repeat what a request said.</summary>
    public const int MaxMessage = 2000;

    /// <summary>One sentence naming the field, the limit and what was given; of a long one the middle is left out.</summary>
    public string Message { get; init; } = Bounded(Message);

    /// <summary>The request's field at fault; null when none is.</summary>
    public string? Field { get; init; } = Field is null ? null : Bounded(Field);

    /// <summary>The engine's error by the request's own field names.</summary>
    /// <param name="error">The error, whose message starts with the engine's name of the field where one is at fault.</param>
    /// <param name="names">The engine's names with the protocol's, the more exact first.</param>
    public static ApiError From(InferenceError error, params ReadOnlySpan<(string Engine, string Protocol)> names)
    {
        foreach (var (engine, protocol) in names)
        {
            if (error.Message.StartsWith(engine, StringComparison.Ordinal))
                return new(CauseOf(error.Kind), protocol + error.Message[engine.Length..], protocol, error.RetryAfter);
        }

        return new(CauseOf(error.Kind), error.Message, error.Field, error.RetryAfter);
    }

    private static string Bounded(string text) =>
        text.Length <= MaxMessage ? text : string.Concat(text.AsSpan(0, MaxMessage / 2), "…", text.AsSpan(text.Length - (MaxMessage / 2) + 1));

    private static ErrorCause CauseOf(InferenceErrorKind kind) => kind switch
    {
        InferenceErrorKind.Invalid => ErrorCause.Invalid,
        InferenceErrorKind.Empty => ErrorCause.Empty,
        InferenceErrorKind.TooLarge => ErrorCause.TooLarge,
        InferenceErrorKind.Unprocessable => ErrorCause.Unprocessable,
        InferenceErrorKind.ModelNotFound => ErrorCause.ModelNotFound,
        InferenceErrorKind.ModelNotReady => ErrorCause.ModelNotReady,
        InferenceErrorKind.WrongTask => ErrorCause.WrongTask,
        InferenceErrorKind.Overloaded => ErrorCause.Overloaded,
        InferenceErrorKind.DeadlineExceeded => ErrorCause.DeadlineExceeded,
        InferenceErrorKind.NotFound => ErrorCause.NotFound,
        InferenceErrorKind.Conflict => ErrorCause.Conflict,
        InferenceErrorKind.Unavailable => ErrorCause.Unavailable,
        _ => ErrorCause.Failed,
    };
}
