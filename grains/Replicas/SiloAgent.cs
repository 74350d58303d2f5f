using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orrery.Engine;
using Orrery.Engine.Detectors;
using Orrery.Engine.Models;
using Orrery.Grains.Placement;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Replicas;

/// <summary>
/// Tells the registry again and again what this silo is and holds, keeps the silo's map of replicas, and at the end hands the replicas
/// over.
/// </summary>
public sealed class SiloAgent(
    IGrainFactory grains, ILocalSiloDetails silo, ReplicaHost host, ClusterMap map, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<SiloAgent> logger) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan _reportEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);

    // A registry that moves to another silo is back by then; one that is lost with its silo is when membership has missed that.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _longestReport = TimeSpan.FromSeconds(1);

    // It answers within a second that nothing changed.
    private static readonly TimeSpan _longestWatch = TimeSpan.FromSeconds(3);

    private readonly ModelStore _store = new();
    private readonly DetectorStore _detectorStore = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _handedOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyList<StoredModel> _models = [];
    private FoundModel[] _found = [];
    private IReadOnlyList<DetectorInfo> _detectors = [];
    private long _scan;
    private bool _silent;

    /// <summary>Whether the registry knows this silo.</summary>
    public bool Ready => _ready.Task.IsCompleted && !host.Draining;

    /// <summary>Done when it has stopped waiting for its replicas to be handed over.</summary>
    public Task HandedOver => _handedOver.Task;

    /// <summary>
    /// Hands the replicas over. This comes before anything stops: until then health says that the silo leaves, and others answer in its stead.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        host.Drain();
        try
        {
            // Until others answer, or time is up, or nobody is there to be told or to take over: then what is queued is answered while the silo closes.
            for (var heard = time.GetTimestamp(); host.Replicas.Count > 0 && time.GetElapsedTime(heard) < _patience; await Task.Delay(_look, time, cancellationToken))
            {
                if (await ReportAsync(models: false, cancellationToken) is not { } orders)
                    continue;
                if (orders.Alone)
                    break;
                heard = time.GetTimestamp();
            }
        }
        catch (OperationCanceledException)
        {
        }
        finally
        {
            _handedOver.TrySetResult();
        }
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ScanAsync(stoppingToken);
        await Task.WhenAll(ReportLoopAsync(stoppingToken), WatchLoopAsync(stoppingToken));
    }

    private async Task ReportLoopAsync(CancellationToken stopping)
    {
        var (scanned, models) = (time.GetTimestamp(), true);
        while (!stopping.IsCancellationRequested)
        {
            var changed = false;
            if (time.GetElapsedTime(scanned) >= host.Role.ScanEvery)
                (changed, scanned) = (await ScanAsync(stopping), time.GetTimestamp());
            if (await ReportAsync(models || changed, stopping) is { } orders)
            {
                models = orders.SendModels;
                _ready.TrySetResult();
                if (orders.Drain && !host.Draining)
                {
                    Log.Draining(logger, silo.SiloAddress);
                    lifetime.StopApplication();
                }

                if (orders.Scan > _scan)
                {
                    await ScanAsync(stopping);
                    (_scan, models, scanned) = (orders.Scan, true, time.GetTimestamp());
                    continue;
                }
            }

            await Task.Delay(_reportEvery, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<SiloOrders?> ReportAsync(bool models, CancellationToken cancellation)
    {
        var report = new SiloReport
        {
            Silo = silo.SiloAddress,
            Gateway = silo.GatewayAddress,
            Pool = host.Role.Pool,
            Zone = host.Role.Zone,
            Device = host.Device.Name,
            Memory = host.Device.Memory,
            Used = host.Used,
            Cores = host.Device.Cores,
            Draining = host.Draining,
            Scan = _scan,
            Replicas = [.. host.Replicas.Select(replica => replica.View(silo.SiloAddress))],
            Models = models ? _found : null,
            Detectors = models ? [.. _detectors] : null,
        };
        try
        {
            // One that is not answered is made again: the registry may have been lost with it, and its silence must not become this silo's.
            var orders = await grains.GetGrain<IRegistryGrain>(0).ReportAsync(report).WaitAsync(_longestReport, time, cancellation);
            _silent = false;
            return orders;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            // Whatever it was, Orleans' or the registry's own: the next report comes soon.
            Silent(e);
            return null;
        }
    }

    private async Task WatchLoopAsync(CancellationToken stopping)
    {
        ViewVersion known = default;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await grains.GetGrain<IRegistryGrain>(0).WatchAsync(known).WaitAsync(_longestWatch, time, stopping) is { } view)
                {
                    known = view.Version;
                    map.Update(view);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Silent(e);
                await Task.Delay(_reportEvery, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Said once, until a report is taken again.</summary>
    private void Silent(Exception e)
    {
        if (!_silent)
            Log.RegistrySilent(logger, e.Message);
        _silent = true;
    }

    /// <returns>Whether anything is new.</returns>
    private async Task<bool> ScanAsync(CancellationToken stopping)
    {
        try
        {
            var engine = host.Role.Engine;
            var found = await Task.Factory.StartNew(() => _store.Scan(engine.ModelDirectories, stopping, engine.Roots), stopping, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            var detectors = await _detectorStore.ScanAsync(engine, time, stopping);
            var same = found.SequenceEqual(_models) && ReferenceEquals(detectors, _detectors);
            (_models, _detectors) = (found, detectors);
            _found = [.. found.Select(model => new FoundModel(model.Name, model.Digest, model.Directory, model.Pool, model.Fallback, model.FileBytes, model.Reason, engine.PreferenceOf(model.Directory)))];
            host.Found(detectors);
            return !same;
        }
        catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            // Whatever lies in a folder: what was found before is served on.
            Log.ScanFailed(logger, string.Join(", ", host.Role.Engine.ModelDirectories), e.Message);
            return false;
        }
    }
}
