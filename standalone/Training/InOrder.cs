using System.Runtime.CompilerServices;

namespace Orrery.Standalone.Training;

/// <summary>Work on a stream of blocks, several at once, with the results in the blocks' order and a bounded number in flight.</summary>
internal static class InOrder
{
    /// <param name="source">The blocks; read no further than <paramref name="inFlight"/> ahead.</param>
    /// <param name="work">Done for each; at most <paramref name="inFlight"/> at once.</param>
    /// <param name="inFlight">At least 1.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async IAsyncEnumerable<TResult> SelectAsync<TSource, TResult>(
        IEnumerable<TSource> source, Func<TSource, Task<TResult>> work, int inFlight, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var running = new Queue<Task<TResult>>();
        try
        {
            foreach (var block in source)
            {
                cancellation.ThrowIfCancellationRequested();
                running.Enqueue(work(block));
                if (running.Count >= inFlight)
                    yield return await running.Dequeue();
            }

            while (running.Count > 0)
                yield return await running.Dequeue();
        }
        finally
        {
            // One block failed, or the reader left: the others end before what they use is freed.
            foreach (var task in running)
                await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
