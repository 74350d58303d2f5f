using Orleans.Concurrency;
using Orrery.Interfaces;

namespace Orrery.Grains;

/// <summary>Answers where it is asked.</summary>
[GrainType("pulse"), StatelessWorker(1), Reentrant]
public sealed class PulseGrain : Grain, IPulseGrain
{
    /// <inheritdoc/>
    public Task BeatAsync() => Task.CompletedTask;
}
