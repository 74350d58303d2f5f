using Orrery.Engine.Batching;

namespace Orrery.Engine.Execution;

/// <summary>Runs batches on one session, from one thread.</summary>
internal interface IBatchRunner : IDisposable
{
    /// <summary>Computes a batch; what came out stays until the next one.</summary>
    /// <param name="batch">At least one entry: texts, or one exclusive item.</param>
    /// <param name="alone">Nothing else runs or waits: the whole machine may be used for this batch.</param>
    void Compute(List<QueueEntry> batch, bool alone);

    /// <summary>Writes the results into the answers of a batch just computed.</summary>
    void Deliver(List<QueueEntry> batch);
}
