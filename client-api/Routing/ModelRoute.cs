using Orrery.Fleet.Routing;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Routing;

/// <summary>One model's replicas by version. Kept over views; only the watcher changes it.</summary>
internal sealed class ModelRoute(RouterOptions options)
{
    private readonly Lock _gate = new();
    private LatencyEstimate _latency;
    private IReadOnlyDictionary<string, Router<ReplicaRef>> _versions = new Dictionary<string, Router<ReplicaRef>>();

    /// <summary>The model as the last view showed it.</summary>
    public ModelView View { get; private set; } = null!;

    /// <summary>Whether any replica answered in this front's life: then one that is missing now will come back.</summary>
    public bool Answered { get; private set; }

    /// <summary>A call was answered.</summary>
    /// <param name="took">How long it took.</param>
    public void Took(TimeSpan took)
    {
        lock (_gate)
            _latency.Add(took.TotalMilliseconds);
    }

    /// <summary>Milliseconds that hardly any call takes.</summary>
    public double LateAfter(double deviations)
    {
        lock (_gate)
            return _latency.Above(deviations);
    }

    /// <summary>The replicas of a version; null when there are none.</summary>
    public Router<ReplicaRef>? Version(string digest) => Volatile.Read(ref _versions).GetValueOrDefault(digest) is { Count: > 0 } router ? router : null;

    /// <summary>The digest of a version that begins so and has replicas; null when none does.</summary>
    public string? Find(string prefix)
    {
        foreach (var (digest, router) in Volatile.Read(ref _versions))
        {
            if (router.Count > 0 && digest.StartsWith(prefix, StringComparison.Ordinal))
                return digest;
        }

        return null;
    }

    public void Update(ModelView view, Func<ReplicaView, ReplicaRef> reference)
    {
        var versions = new Dictionary<string, Router<ReplicaRef>>(StringComparer.Ordinal);
        foreach (var version in view.Replicas.Where(replica => replica.Phase == ReplicaPhase.Ready).GroupBy(replica => replica.Digest))
        {
            var router = _versions.TryGetValue(version.Key, out var known) ? known : new Router<ReplicaRef>(options, static replica => replica.Silent);
            router.Update([.. version.Select(reference)]);
            versions[version.Key] = router;
        }

        View = view;
        Answered |= versions.Count > 0;
        Volatile.Write(ref _versions, versions);
    }
}
