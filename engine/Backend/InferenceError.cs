namespace Orrery.Engine;

/// <summary>Why a request was not answered. Each protocol maps these to its own status and body.</summary>
public enum InferenceErrorKind
{
    /// <summary>A field is missing, empty or of the wrong kind (400).</summary>
    Invalid,

    /// <summary>There is nothing to compute: no inputs, or an empty text (400).</summary>
    Empty,

    /// <summary>A stated limit is exceeded: tokens, items, dimensions (400, 413 or 422 by protocol).</summary>
    TooLarge,

    /// <summary>Well formed, but cannot be processed: a tensor's shape does not fit, say (400 or 422).</summary>
    Unprocessable,

    /// <summary>No model has this name or version (404).</summary>
    ModelNotFound,

    /// <summary>The model is known but not ready: loading, unloaded or refused at load (503).</summary>
    ModelNotReady,

    /// <summary>The model does not do this: scoring asked of an embedding model, say (400 or 424).</summary>
    WrongTask,

    /// <summary>The queue's estimated wait exceeds the limit (429).</summary>
    Overloaded,

    /// <summary>The request's deadline passed before it was run (504).</summary>
    DeadlineExceeded,

    /// <summary>The execution provider failed, or the output was not finite (424 or 500).</summary>
    Failed,

    /// <summary>No index or namespace has this name (404).</summary>
    NotFound,

    /// <summary>It contradicts what is there: a name that is taken, vectors of another model (409).</summary>
    Conflict,

    /// <summary>What would answer cannot be reached, is full or is damaged; the message says which (503).</summary>
    Unavailable,
}

/// <summary>A refusal or failure, ready to be told to the caller.</summary>
/// <param name="Kind">Its class.</param>
/// <param name="Message">One sentence naming the field, the limit and what was given.</param>
/// <param name="Field">The request's field at fault, as <see cref="TextRequest"/> or <see cref="TensorRequest"/> names it; null when none is.</param>
/// <param name="RetryAfter">When trying again may succeed; null when it will not by itself.</param>
public sealed record InferenceError(InferenceErrorKind Kind, string Message, string? Field = null, TimeSpan? RetryAfter = null);
