using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Orrery.Grains.Membership;

/// <summary>
/// Whether this silo may decide for the cluster. Of a grain that decides (the registry, a supervisor) there is one, but a silo that was
/// frozen or cut off still has its own after the others have declared it dead and begun another. So such a grain decides only while its
/// silo holds this lease: while, within <see cref="Duration"/>, it asked whether it is a member and was told yes. The time counts from the
/// question, so that an answer that waited in a frozen process's socket proves nothing, on a clock that goes on while the process is frozen.
/// The directory lets no other grain come to life in its stead for longer than that after its silo was declared dead (<see cref="LossDetection"/>).
/// </summary>
public sealed class MembershipLease(IMembershipTable table, ILocalSiloDetails silo, IWitnesses witnesses, TimeProvider time, ILogger<MembershipLease> logger) : BackgroundService
{
    /// <summary>How long one proof lasts.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(500);

    // A silo that starts is a member in a moment, and others wait for what it decides.
    private static readonly TimeSpan _first = TimeSpan.FromMilliseconds(100);

    // Before a proof lapses there is time for another question.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private long _proven;
    private bool _any;
    private bool _held;

    /// <summary>Whether the silo may decide now. To be asked right before each decision.</summary>
    public bool Held => Volatile.Read(ref _any) && time.GetElapsedTime(Volatile.Read(ref _proven)) < Duration;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var asked = time.GetTimestamp();
            if (await IsMemberAsync(stoppingToken))
            {
                Volatile.Write(ref _proven, asked);
                Volatile.Write(ref _any, true);
            }

            if (Held != _held)
            {
                _held = !_held;
                if (_held)
                    Log.LeaseHeld(logger, silo.SiloAddress);
                else
                    Log.LeaseLost(logger, silo.SiloAddress, time.GetElapsedTime(_proven));
            }

            await Task.Delay(_any ? _every : _first, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Asks the table. Where that cannot be asked nobody can be declared dead either, but this silo may be the only one that cannot: then every
    /// other silo it knows must still take it for a member. Alone it cannot tell the two apart, and is careful.
    /// </summary>
    private async Task<bool> IsMemberAsync(CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            var row = await table.ReadRowAsync(silo.SiloAddress, limit.Token).WaitAsync(_patience, time, stopping);
            return row.Members is [var (entry, _)] && entry.Status is SiloStatus.Active or SiloStatus.ShuttingDown;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception)
        {
            // Whatever the table's provider throws. A question that still waits is given up.
            limit.Cancel();
        }

        try
        {
            return await witnesses.AllSeeAsync(silo.SiloAddress).WaitAsync(_patience, time, stopping);
        }
        catch (Exception)
        {
            // A silo that does not answer is no witness.
            return false;
        }
    }
}
