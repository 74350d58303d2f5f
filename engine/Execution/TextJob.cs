using System.Diagnostics;

namespace Orrery.Engine.Execution;

/// <summary>What becomes of token vectors on their way into the answer.</summary>
/// <param name="Pooling">How token vectors become one; ignored per token and where the graph pools.</param>
/// <param name="Normalize">Scale to unit length.</param>
/// <param name="PerToken">Keep every token's vector as it is.</param>
/// <param name="Output">Which of the layout's bound outputs is read; 0 is the model's own.</param>
/// <param name="Chained">The model's own chain of modules makes the vector, and <paramref name="Pooling"/> does not count.</param>
/// <param name="Sparse">How logits over the vocabulary become weights instead of all that; null for other models.</param>
internal readonly record struct Postprocessing(Pooling Pooling, bool Normalize, bool PerToken, int Output = 0, bool Chained = false, SparsePooling? Sparse = null);

/// <summary>
/// One request over texts while it is in flight. It ends once, when its last item is accounted for or its caller gives up;
/// its output goes back to the pool only when no session can still be writing into it.
/// </summary>
internal sealed class TextJob(TextOutput output, Postprocessing postprocessing, int items)
{
    // Continuations leave the session's thread: serializing an answer must not delay the next batch.
    private readonly TaskCompletionSource<Outcome<TextOutput>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private InferenceError? _error;
    private int _remaining = items;
    private int _abandoned;

    public Task<Outcome<TextOutput>> Answer => _answer.Task;

    public TextOutput Output => output;

    public Postprocessing Postprocessing => postprocessing;

    /// <summary>The request's span; null while nobody listens.</summary>
    public Activity? Caller { get; } = Tracing.Caller;

    /// <summary>Its caller no longer waits.</summary>
    public bool Abandoned => Volatile.Read(ref _abandoned) != 0;

    /// <summary>An item's rows are written.</summary>
    public void Delivered() => Account();

    /// <summary>An item could not be computed. All or nothing: the first error is the request's.</summary>
    public void Failed(InferenceError error)
    {
        Interlocked.CompareExchange(ref _error, error, null);
        Account();
    }

    /// <summary>The caller stops waiting, with an error or, when there is none, a cancellation.</summary>
    /// <returns>Whether it was still waiting.</returns>
    public bool Abandon(InferenceError? error, CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _abandoned, 1) != 0)
            return false;
        return error is null ? _answer.TrySetCanceled(cancellation) : _answer.TrySetResult(error);
    }

    private void Account()
    {
        if (Interlocked.Decrement(ref _remaining) != 0)
            return;
        // A job that ended early keeps nobody's output: the caller got its answer from Abandon.
        if (_error is null && !Abandoned && _answer.TrySetResult(output))
            return;
        output.Dispose();
        if (_error is not null)
            _answer.TrySetResult(_error);
    }
}
