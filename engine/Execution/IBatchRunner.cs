using Orrery.Engine.Batching;

namespace Orrery.Engine.Execution;

/// <summary>Runs batches on one session, from one thread.</summary>
internal interface IBatchRunner : IDisposable
{
    /// <summary>Computes a batch; what came out stays until the next one.</summary>
    /// <param name="batch">At least one entry: texts, or one exclusive item.</param>
    void Compute(List<QueueEntry> batch);

    /// <summary>Writes the results into the answers of a batch just computed.</summary>
    void Deliver(List<QueueEntry> batch);
}
