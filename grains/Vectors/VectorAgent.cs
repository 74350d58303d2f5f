using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orrery.Grains.Replicas;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Vectors;

/// <summary>Tells the directory again and again that this silo's store is here, and once what is in it where the directory does not know.</summary>
internal sealed class VectorAgent(IGrainFactory grains, ILocalSiloDetails silo, OwnedStore owned, ReplicaHost host, TimeProvider time, ILogger<VectorAgent> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var directory = grains.GetGrain<IVectorDirectoryGrain>(0);
                if (await directory.AnnounceAsync(new StoreReport(owned.Id, silo.SiloAddress, host.Draining)).WaitAsync(stoppingToken))
                    await directory.AdoptAsync(owned.Id, await owned.HeldAsync(stoppingToken)).WaitAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever it was: the store is here, and is announced again.
                Log.DirectorySilent(logger, e.Message);
            }

            await Task.Delay(_every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
