namespace Orrery.Engine.Vectors.Embedded;

/// <summary>A part in somebody's scan, for a thread that has nothing else to do.</summary>
internal sealed class ScanHelp(CodeScan scan, Candidates candidates, CancellationToken cancellation) : Job<SearchPool>, IDisposable
{
    private readonly ManualResetEventSlim _done = new();
    private Exception? _failure;

    public override void Run(SearchPool context) => scan.Run(candidates, cancellation);

    public override void Answer() => _done.Set();

    public override void Fail(InferenceError error) => _done.Set();

    public override void Throw(Exception exception)
    {
        _failure = exception;
        _done.Set();
    }

    /// <summary>Joins what was found, after the scan has come to its end. A part that no thread has begun by then is called off.</summary>
    public void JoinInto(Candidates all)
    {
        if (TryTake())
            return;
        _done.Wait(CancellationToken.None);
        if (_failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
        all.Join(candidates);
    }

    public void Dispose() => _done.Dispose();
}
