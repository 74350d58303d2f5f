using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Orrery.Grains.Membership;

/// <summary>
/// Whether this silo may decide for the cluster. Of a grain that decides (the registry, a supervisor) there is one, but a silo that was
/// frozen or cut off still has its own after the others have declared it dead and begun another. So such a grain decides only while its
/// silo holds this lease: while, within <see cref="Duration"/>, it asked whether it is a member and was told yes. The time counts from the
/// question, so that an answer that waited in a frozen process's socket proves nothing, on a clock that goes on while the process is frozen.
/// (While a whole machine is suspended its clock, CLOCK_MONOTONIC, stands still: such a silo may decide for what is left of its lease when it
/// wakes. The directory and the ETag of what the registry writes hold it then.)
/// The directory lets no other grain come to life in its stead for longer than that after its silo was declared dead (<see cref="LossDetection"/>).
/// </summary>
public sealed class MembershipLease(IMembershipTable table, ILocalSiloDetails silo, IWitnesses witnesses, TimeProvider time, ILogger<MembershipLease> logger) : BackgroundService
{
    /// <summary>How long one proof lasts.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(500);

    // A silo that starts is a member in a moment, and others wait for what it decides.
    private static readonly TimeSpan _first = TimeSpan.FromMilliseconds(100);

    // A table that answers at all mostly does so sooner; else the others are asked beside it. Both waits and the pause together are less than a proof lasts.
    private static readonly TimeSpan _soon = TimeSpan.FromMilliseconds(500);
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
            var proven = await AskAsync(stoppingToken);
            // Before it is held anew: that it had lapsed meanwhile is to be known.
            Note();
            if (proven is { } asked)
            {
                Volatile.Write(ref _proven, asked);
                Volatile.Write(ref _any, true);
                Note();
            }

            await Task.Delay(_any ? _every : _first, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Note()
    {
        if (Held == _held)
            return;
        _held = !_held;
        if (_held)
            Log.LeaseHeld(logger, silo.SiloAddress);
        else
            Log.LeaseLost(logger, silo.SiloAddress, time.GetElapsedTime(_proven));
    }

    /// <summary>
    /// Asks the table. Where that cannot be asked nobody can be declared dead either, but this silo may be the only one that cannot: then every
    /// other silo it knows must still take it for a member. Alone it cannot tell the two apart, and is careful.
    /// </summary>
    /// <returns>When it asked whoever called it a member; null when nobody did.</returns>
    private async Task<long?> AskAsync(CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var asked = time.GetTimestamp();
        var told = AskTableAsync(limit.Token);
        await ((Task)told).WaitAsync(_soon, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!told.IsCompleted || await told is null)
        {
            var askedOthers = time.GetTimestamp();
            if (await AskOthersAsync(stopping) && !(told.IsCompleted && await told is false))
            {
                // A question that still waits is given up.
                limit.Cancel();
                return askedOthers;
            }
        }

        return await told is true ? asked : null;
    }

    /// <returns>Null where the table cannot be asked.</returns>
    private async Task<bool?> AskTableAsync(CancellationToken cancellation)
    {
        try
        {
            var row = await table.ReadRowAsync(silo.SiloAddress, cancellation).WaitAsync(_patience, time, cancellation);
            return row.Members is [var (entry, _)] && entry.Status is SiloStatus.Active or SiloStatus.ShuttingDown;
        }
        catch (Exception)
        {
            // Whatever the table's provider throws.
            return null;
        }
    }

    private async Task<bool> AskOthersAsync(CancellationToken stopping)
    {
        try
        {
            return await witnesses.AllSeeAsync(silo.SiloAddress).WaitAsync(_soon, time, stopping);
        }
        catch (Exception)
        {
            // A silo that does not answer is no witness.
            return false;
        }
    }
}
