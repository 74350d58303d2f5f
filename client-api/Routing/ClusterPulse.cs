using Orrery.Interfaces;

namespace Orrery.ClientApi.Routing;

/// <summary>
/// Whether any silo answers. What the registry or a replica answered counts; while both are silent, as when the registry's silo was just lost, silos
/// are asked for no more than a sign of life, each time another one.
/// </summary>
internal sealed class ClusterPulse(IGrainFactory grains, TimeProvider time)
{
    /// <summary>After this long without an answer the cluster counts as silent.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan _turn = TimeSpan.FromMilliseconds(100);

    // The registry answers every second. Silence is counted in turns, so that a front that was itself suspended or starved does not blame the cluster.
    private static readonly int _askAfter = (int)(TimeSpan.FromMilliseconds(1500) / _turn);
    private static readonly int _askEvery = (int)(TimeSpan.FromMilliseconds(500) / _turn);

    private bool _heard;
    private volatile bool _silent;

    /// <summary>Whether no silo answered for <see cref="Patience"/>.</summary>
    public bool IsSilent => _silent;

    /// <summary>A silo answered.</summary>
    public void Heard() => Volatile.Write(ref _heard, true);

    /// <summary>Watches until it is cancelled.</summary>
    /// <param name="changed">Told after <see cref="IsSilent"/> has changed.</param>
    /// <param name="stopping">Ends it.</param>
    public async Task RunAsync(Action changed, CancellationToken stopping)
    {
        for (var (turns, asked) = (0, 0); !stopping.IsCancellationRequested; turns++)
        {
            await Task.Delay(_turn, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Volatile.Read(ref _heard))
            {
                Volatile.Write(ref _heard, false);
                turns = 0;
            }
            else if (turns >= _askAfter && turns % _askEvery == 0)
            {
                _ = AskAsync(asked++ % 16);
            }

            if (_silent == turns * _turn >= Patience)
                continue;
            _silent = !_silent;
            changed();
        }
    }

    private async Task AskAsync(int key)
    {
        try
        {
            // By the key Orleans chooses the gateway.
            await grains.GetGrain<IPulseGrain>(key).BeatAsync();
            Heard();
        }
        catch (Exception)
        {
            // No answer, for whatever reason, is what is counted.
        }
    }
}
