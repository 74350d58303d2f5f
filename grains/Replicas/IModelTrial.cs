namespace Orrery.Grains.Replicas;

/// <summary>How a trial ended that the version did not outlive.</summary>
/// <param name="How">In words.</param>
/// <param name="ByVersion">Whether the version itself ended it; else it took too long, or was killed: by an operator, or for want of memory.</param>
public sealed record TrialEnd(string How, bool ByVersion);

/// <summary>Loads a version where its end takes nobody along.</summary>
public interface IModelTrial
{
    /// <summary>Loads it and runs it once, as a silo would.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="directory">Where the version lies.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null when the process lived, whatever came of the version.</returns>
    Task<TrialEnd?> RunAsync(string name, string directory, CancellationToken cancellation);
}
