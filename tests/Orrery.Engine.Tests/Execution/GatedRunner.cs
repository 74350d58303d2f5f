using System.Collections.Concurrent;
using Orrery.Engine.Batching;
using Orrery.Engine.Execution;

namespace Orrery.Engine.Tests.Execution;

/// <summary>A session whose runs end when the test says so. A text's result is its first token.</summary>
internal sealed class GatedRunner : IBatchRunner
{
    private readonly SemaphoreSlim _started = new(0);
    private readonly SemaphoreSlim _finish = new(0);

    public ConcurrentQueue<int[][]> Batches { get; } = new();

    public Exception? Failure { get; set; }

    /// <summary>The first token of the text that no run bears; null for none.</summary>
    public int? FailsWith { get; set; }

    public bool Disposed { get; private set; }

    /// <summary>Waits until a run has begun.</summary>
    public async Task Started() => Assert.True(await _started.WaitAsync(TimeSpan.FromSeconds(30)), "no run began");

    /// <summary>Lets so many runs end.</summary>
    public void Finish(int runs = 1) => _finish.Release(runs);

    public void Compute(List<QueueEntry> batch, bool alone)
    {
        Batches.Enqueue([.. batch.Select(entry => ((TextItem)entry).Ids)]);
        _started.Release();
        _finish.Wait();
        if (batch.Exists(entry => ((TextItem)entry).Ids[0] == FailsWith))
            throw new ModelOutputException("the graph broke");
        if (Failure is { } failure)
            throw failure;
    }

    public void Deliver(List<QueueEntry> batch)
    {
        foreach (var entry in batch)
        {
            for (var item = (TextItem)entry; item is not null; item = item.Follower)
            {
                if (!item.Job.Abandoned)
                    item.Job.Output.Memory(item.Index).Span[0] = item.Ids[0];
                item.Job.Delivered();
            }
        }
    }

    public void Dispose() => Disposed = true;
}
