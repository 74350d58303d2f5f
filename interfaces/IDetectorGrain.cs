using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces;

/// <summary>
/// Detectors over one replica, whose key is this grain's: a stateless worker on the replica's own silo, so that embeddings never cross
/// between processes on their way to a head.
/// </summary>
[Alias("orrery.detector-grain")]
public interface IDetectorGrain : IGrainWithStringKey
{
    /// <summary>Embeds the texts once a pass and applies every head.</summary>
    [Alias("Detect")]
    ValueTask<Answer<Detections>> DetectAsync(DetectCall request, CancellationToken cancellation);
}
