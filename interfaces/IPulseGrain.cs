namespace Orrery.Interfaces;

/// <summary>
/// Answers for whichever silo a front's call comes in by: a stateless worker, which no directory has to find. So a front learns that a silo lives
/// while the registry is between two.
/// </summary>
[Alias("orrery.pulse-grain")]
public interface IPulseGrain : IGrainWithIntegerKey
{
    /// <summary>Answers, and does nothing.</summary>
    [Alias("Beat")]
    Task BeatAsync();
}
