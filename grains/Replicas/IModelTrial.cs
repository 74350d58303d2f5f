namespace Orrery.Grains.Replicas;

/// <summary>Loads a version where its end takes nobody along.</summary>
public interface IModelTrial
{
    /// <summary>Loads it and runs it once, as a silo would.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="directory">Where the version lies.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>How the process ended, when the version ended it; null when it lived, whatever came of the version.</returns>
    Task<string?> RunAsync(string name, string directory, CancellationToken cancellation);
}
