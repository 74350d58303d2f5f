using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Replicas;

/// <summary>The replicas of one silo: its grains are shells over this. One is loaded at a time, so that each is measured alone.</summary>
public sealed class ReplicaHost(SiloRole role, DeviceProbe device, ILoggerFactory loggers, TimeProvider time, IVectorStore? vectors = null, IModelTrial? trial = null) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Replica> _replicas = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _loading = new(1);
    private IReadOnlyList<DetectorInfo> _detectors = [];
    private readonly CancellationTokenSource _draining = new();

    /// <summary>What the silo is.</summary>
    public SiloRole Role => role;

    /// <summary>What it runs on.</summary>
    public DeviceProbe Device => device;

    /// <summary>Whether it takes no new replicas.</summary>
    public bool Draining => _draining.IsCancellationRequested;

    /// <summary>Cancelled when it takes no new replicas any more: what waits on this silo need not wait longer.</summary>
    public CancellationToken DrainToken => _draining.Token;

    /// <summary>Bytes that its replicas take.</summary>
    public long Used
    {
        get
        {
            var used = 0L;
            foreach (var (_, replica) in _replicas)
                used += replica.Memory;
            return used;
        }
    }

    /// <summary>The replicas that are loaded.</summary>
    public ICollection<Replica> Replicas => _replicas.Values;

    /// <summary>Whether any of them has something to answer.</summary>
    public bool IsBusy
    {
        get
        {
            foreach (var (_, replica) in _replicas)
            {
                // One that stops is answering what it has queued.
                if (replica.Stopping || replica.Load.QueuedTokens > 0)
                    return true;
            }

            return false;
        }
    }

    /// <summary>The detectors that were found in the silo's directories: heads that new replicas of their model bring up.</summary>
    public void Found(IReadOnlyList<DetectorInfo> detectors) => Volatile.Write(ref _detectors, detectors);

    /// <summary>The replica of a grain; null when it is not here or takes nothing new.</summary>
    public Replica? Find(string key) => _replicas.TryGetValue(key, out var replica) && !replica.Stopping ? replica : null;

    /// <summary>The replica of a grain, though it may be stopping; null when it is not here.</summary>
    public Replica? FindAny(string key) => _replicas.GetValueOrDefault(key);

    /// <summary>Loads a version in a process of its own.</summary>
    /// <returns>Why it cannot be loaded here, and whether it ended that process itself and is quarantined; null when it did not, or there is none to be had.</returns>
    public async Task<(string Reason, bool Quarantined)?> TryApartAsync(FoundModel model, CancellationToken cancellation)
    {
        if (trial is null)
            return null;
        await _loading.WaitAsync(cancellation);
        try
        {
            return await trial.RunAsync(model.Name, model.Directory, cancellation) switch
            {
                null => null,
                { ByVersion: true, How: var how } =>
                    ($"version {model.Digest[..12]} is quarantined: a silo ended while it had it for the first time, and so did a process of its own ({how}); put another version in its place, or load it again to have it tried once more", true),
                var end => ($"version {model.Digest[..12]} was not loaded: a silo ended while it had it for the first time, and it did not prove itself in a process of its own ({end.How}); that is tried again", false),
            };
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Loads a replica, if it is not here already.</summary>
    public async Task<Outcome<Replica>> StartAsync(string key, FoundModel model, CancellationToken cancellation)
    {
        await _loading.WaitAsync(cancellation);
        try
        {
            if (Find(key) is { } here)
                return here;
            if (Draining)
                return new InferenceError(InferenceErrorKind.ModelNotReady, "the silo is draining", "model");
            var free = device.Memory - Used;
            if (model.FileBytes > free)
                return new InferenceError(InferenceErrorKind.ModelNotReady, $"model '{model.Name}' takes at least {model.FileBytes} bytes, but the silo has {free} left of {device.Memory}", "model");
            var parsed = ReplicaKey.Parse(key);
            var detectors = Volatile.Read(ref _detectors).Where(detector => detector.ModelDigest == parsed.Digest && detector.Digest.Length > 0);
            var loaded = await Replica.LoadAsync(
                parsed, model.Directory, role.Engine, [.. detectors.Select(detector => new NamedDirectory(detector.Name, detector.Path))], vectors, loggers, time, cancellation);
            if (loaded.TryGet(out var replica, out _))
                _replicas[key] = replica;
            return loaded;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Answers what a replica has queued, then frees it.</summary>
    public async Task StopAsync(string key)
    {
        if (_replicas.TryGetValue(key, out var replica))
        {
            await replica.DisposeAsync();
            _replicas.TryRemove(new KeyValuePair<string, Replica>(key, replica));
        }
    }

    /// <summary>From now on it takes no new replicas.</summary>
    public void Drain() => _draining.Cancel();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Drain();
        foreach (var key in _replicas.Keys)
            await StopAsync(key);
        _loading.Dispose();
        _draining.Dispose();
    }
}
