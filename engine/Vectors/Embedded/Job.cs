namespace Orrery.Engine.Vectors.Embedded;

/// <summary>Work for a thread of the store's, and its answer. Given up before a thread takes it, it is never run; afterwards it is always answered.</summary>
/// <typeparam name="TContext">What the thread gives to work with.</typeparam>
internal abstract class Job<TContext>
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private int _state = Waiting;

    /// <summary>What it counts in its queue.</summary>
    public required int Weight { get; init; }

    /// <summary>Whether it must not share a transaction.</summary>
    public bool Alone { get; init; }

    /// <summary>Takes it, unless it was given up.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>Does the work and keeps the outcome.</summary>
    public abstract void Run(TContext context);

    /// <summary>Tells the outcome.</summary>
    public abstract void Answer();

    /// <summary>Tells that it could not be done.</summary>
    public abstract void Fail(InferenceError error);

    /// <summary>Passes on what nobody expected, or that it was given up while it ran.</summary>
    public abstract void Throw(Exception exception);
}

/// <summary>Work with a result.</summary>
internal sealed class Job<TContext, T> : Job<TContext>
    where T : class
{
    private readonly TaskCompletionSource<Outcome<T>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<TContext, Outcome<T>> _work;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _registration;
    private Outcome<T> _outcome;

    public Job(Func<TContext, Outcome<T>> work, CancellationToken cancellation)
    {
        _work = work;
        _cancellation = cancellation;
        _registration = cancellation.UnsafeRegister(static job => ((Job<TContext, T>)job!).GiveUp(), this);
    }

    public Task<Outcome<T>> Task => _answer.Task;

    public override void Run(TContext context) => _outcome = _work(context);

    public override void Answer() => Tell(_outcome);

    public override void Fail(InferenceError error) => Tell(error);

    public override void Throw(Exception exception)
    {
        _registration.Dispose();
        if (exception is OperationCanceledException)
            _answer.TrySetCanceled(_cancellation);
        else
            _answer.TrySetException(exception);
    }

    private void Tell(Outcome<T> outcome)
    {
        _registration.Dispose();
        _answer.TrySetResult(outcome);
    }

    private void GiveUp()
    {
        if (TryTake())
            _answer.TrySetCanceled(_cancellation);
    }
}
