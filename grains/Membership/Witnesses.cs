using Orleans.Runtime.Services;
using Orleans.Services;

namespace Orrery.Grains.Membership;

/// <summary>Answers other silos how this one sees them. One a silo.</summary>
[Alias("orrery.witness")]
public interface IWitness : IGrainService
{
    /// <summary>Whether a silo is a member, as far as this one knows.</summary>
    [Alias("Sees")]
    Task<bool> SeesAsync(SiloAddress silo);
}

/// <summary>The other silos' witness.</summary>
public interface IWitnesses
{
    /// <summary>Whether there are other silos, and all of them see one as a member.</summary>
    /// <param name="silo">That one.</param>
    Task<bool> AllSeeAsync(SiloAddress silo);
}

internal sealed class Witness(GrainId id, Silo silo, Microsoft.Extensions.Logging.ILoggerFactory loggers, ISiloStatusOracle membership) : GrainService(id, silo, loggers), IWitness
{
    /// <inheritdoc/>
    public Task<bool> SeesAsync(SiloAddress silo) => Task.FromResult(membership.GetApproximateSiloStatus(silo) is SiloStatus.Active or SiloStatus.ShuttingDown);
}

internal sealed class Witnesses(IServiceProvider services, ISiloStatusOracle membership) : GrainServiceClient<IWitness>(services), IWitnesses
{
    /// <inheritdoc/>
    public async Task<bool> AllSeeAsync(SiloAddress silo)
    {
        var others = membership.GetApproximateSiloStatuses(onlyActive: true).Keys.Where(other => !other.Equals(silo)).ToList();
        return others.Count > 0 && !(await Task.WhenAll(others.Select(other => GetGrainService(other).SeesAsync(silo)))).Contains(false);
    }
}
