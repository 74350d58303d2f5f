using Orrery.Fleet.Routing;
using Orrery.Interfaces;

namespace Orrery.ClientApi.Routing;

/// <summary>
/// A front's own way to one silo: an Orleans client that knows that silo's gateway and no other. So a call goes to its replica without a hop between, a
/// silo that answers nobody holds up its own calls only, and whether it does is measured here, by signs of life that it is asked for again and again.
/// </summary>
internal sealed class SiloChannel : IAsyncDisposable
{
    // The client is made anew where its connection stays dumb: after a cut, TCP itself would try again only after as long as the cut has lasted.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _again = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestEnd = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);

    private readonly Func<Action, IHost> _connect;
    private readonly TimeSpan _askEvery;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<SiloChannel> _silenced;
    private readonly Action _alive;
    private readonly SilenceDetector _detector;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _running;
    private IClusterClient? _client;
    private int _clients;
    private int _broken;

    /// <summary>Begins to connect.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="connect">Makes a client that is not started yet, which says when its connection breaks.</param>
    /// <param name="options">How much silence is allowed.</param>
    /// <param name="askEvery">How often it is asked for a sign of life.</param>
    /// <param name="silenced">Told when it has become silent.</param>
    /// <param name="alive">Told at every sign of life.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where to report to.</param>
    public SiloChannel(SiloAddress silo, Func<Action, IHost> connect, RouterOptions options, TimeSpan askEvery, Action<SiloChannel> silenced, Action alive, TimeProvider time, ILogger logger)
    {
        (Silo, _connect, _askEvery, _silenced, _alive, _time, _logger) = (silo, connect, askEvery, silenced, alive, time, logger);
        _detector = new SilenceDetector((long)options.Silence.TotalMilliseconds, (long)options.MaxSilence.TotalMilliseconds);
        _running = Task.Run(RunAsync);
    }

    /// <summary>The silo.</summary>
    public SiloAddress Silo { get; }

    /// <summary>Whether it has stopped answering. A silo that could not be reached yet is not silent: its calls go by other silos meanwhile.</summary>
    public bool Silent => _detector.Silent;

    /// <summary>The way to it; null while there is none.</summary>
    public IGrainFactory? Grains => Volatile.Read(ref _client);

    /// <summary>It answered a call.</summary>
    public void Heard() => _detector.Heard(Milliseconds());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task RunAsync()
    {
        var ended = _ended.Token;
        while (!ended.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _clients);
            IHost? host = null;
            try
            {
                host = _connect(() => Broken(number));
                await host.StartAsync(ended);
                var client = host.Services.GetRequiredService<IClusterClient>();
                // A client that is made anew counts once it has brought an answer.
                if (Silent)
                    await AskAsync(client).WaitAsync(_patience, _time);
                Volatile.Write(ref _client, client);
                await WatchAsync(client, ended);
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever it was, the silo may be reached by and by.
                Log.SiloUnreachable(_logger, Silo, e.Message);
                await Task.Delay(_again, _time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            finally
            {
                // Before it ends: a late answer may yet show the silo alive, and calls then go by other silos until the next client is there.
                Volatile.Write(ref _client, null);
                // Not waited for: the end of a client to a silo that is frozen takes its time.
                if (host is not null)
                    _ = EndAsync(host);
            }
        }
    }

    /// <summary>Asks for signs of life, until the client is to be made anew.</summary>
    private async Task WatchAsync(IClusterClient client, CancellationToken ended)
    {
        var asking = Task.CompletedTask;
        var askedAt = _time.GetTimestamp();
        long? silentSince = null;
        while (true)
        {
            if (_time.GetElapsedTime(askedAt) >= _askEvery && (asking.IsCompleted || Interlocked.Exchange(ref _broken, 0) != 0))
                (asking, askedAt) = (AskAsync(client), _time.GetTimestamp());
            var silent = Silent;
            if (_detector.Look(Milliseconds(), (long)_look.TotalMilliseconds))
            {
                if (!silent)
                    Silenced();
                silentSince ??= _time.GetTimestamp();
                if (_time.GetElapsedTime(silentSince.Value) >= _patience)
                    return;
            }
            else
            {
                silentSince = null;
            }

            await Task.Delay(_look, _time, ended);
        }
    }

    private async Task AskAsync(IClusterClient client)
    {
        _detector.Asked(Milliseconds());
        try
        {
            await client.GetGrain<IPulseGrain>(0).BeatAsync().WaitAsync(_ended.Token);
            _detector.Answered(Milliseconds());
            _alive();
        }
        catch (Exception)
        {
            // No sign of life, for whatever reason, is what is counted.
        }
    }

    /// <summary>The connection broke, as when the silo's process ended: nothing that is on its way will be answered.</summary>
    private void Broken(int number)
    {
        // A client that was given up tells it too.
        if (number != Volatile.Read(ref _clients) || Grains is null)
            return;
        var silent = Silent;
        _detector.Broken();
        Volatile.Write(ref _broken, 1);
        if (!silent)
            Silenced();
    }

    private void Silenced()
    {
        Log.SiloSilent(_logger, Silo);
        _silenced(this);
    }

    private static async Task EndAsync(IHost host)
    {
        using var late = new CancellationTokenSource(_longestEnd);
        // Nobody uses it any more: how it ends is all the same, but each step is taken.
        await StepAsync(() => host.StopAsync(late.Token));
        await StepAsync(() => host is IAsyncDisposable disposable ? disposable.DisposeAsync().AsTask() : Task.Run(host.Dispose));

        static async Task StepAsync(Func<Task> step)
        {
            try
            {
                await step();
            }
            catch (Exception)
            {
            }
        }
    }

    private long Milliseconds() => (long)_time.GetElapsedTime(0).TotalMilliseconds;
}
