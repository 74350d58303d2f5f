using Orleans.Concurrency;
using Orrery.Engine;
using Orrery.Grains.Placement;
using Orrery.Grains.Replicas;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains;

/// <summary>Asks the detectors over a replica of this silo. As many of it as there are processors, each interleaving.</summary>
[GrainType("detector"), StatelessWorker, Reentrant, NearReplica]
public sealed class DetectorGrain(ReplicaHost host) : Grain, IDetectorGrain
{
    /// <inheritdoc/>
    public async ValueTask<Answer<Detections>> DetectAsync(DetectCall request, CancellationToken cancellation)
    {
        if (host.Find(this.GetPrimaryKeyString()) is not { } replica)
            return new Answer<Detections> { Gone = true };
        var outcome = await replica.Backend.DetectAsync(request.ToRequest(), cancellation);
        if (!outcome.TryGet(out var output, out var error))
            return replica.Stopping && error.Kind == InferenceErrorKind.ModelNotReady ? new Answer<Detections> { Gone = true } : new Answer<Detections> { Error = error, Load = replica.Load };
        using (output)
            return new Answer<Detections> { Value = Detections.Of(output, request.Embeddings), Load = replica.Load };
    }
}
