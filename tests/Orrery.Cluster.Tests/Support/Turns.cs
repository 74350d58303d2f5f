using System.Collections.Concurrent;

namespace Orrery.Cluster.Tests.Support;

/// <summary>
/// Runs asynchronous code on one thread, each continuation in a turn of its own: what happens while the thread is held happens at once for all that waits.
/// </summary>
internal sealed class Turns : SynchronizationContext
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue;

    private Turns(BlockingCollection<(SendOrPostCallback, object?)> queue) => _queue = queue;

    /// <summary>Runs a test to its end.</summary>
    public static void Run(Func<Task> test)
    {
        var before = Current;
        using var queue = new BlockingCollection<(SendOrPostCallback, object?)>();
        try
        {
            SetSynchronizationContext(new Turns(queue));
            var running = test();
            running.ContinueWith(_ => queue.CompleteAdding(), TaskScheduler.Default);
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            foreach (var (callback, state) in queue.GetConsumingEnumerable(late.Token))
            {
                // Another object each time: a continuation runs at once where the context is the one that it was made in.
                SetSynchronizationContext(new Turns(queue));
                callback(state);
            }

            running.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        try
        {
            _queue.Add((d, state));
        }
        catch (InvalidOperationException)
        {
            // The test has ended.
        }
    }
}
