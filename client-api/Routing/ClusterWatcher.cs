using Orrery.ClientApi.Backend;
using Orrery.Engine;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Routing;

/// <summary>
/// Keeps the routing table at the registry's view, and tells calls on their way when their silo, a gateway or the whole cluster is lost. The registry
/// is asked by a standing question, never on a request's way.
/// </summary>
internal sealed class ClusterWatcher(
    LiveGrains grains, IGrainFactory any, SiloChannels channels, FrontOptions options, FrontMetrics metrics, TimeProvider time, ILogger<ClusterWatcher> logger) : BackgroundService
{
    private static readonly TimeSpan _again = TimeSpan.FromMilliseconds(250);

    // The registry answers within a second that nothing changed. One whose silo is lost never does.
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _sweep = TimeSpan.FromMilliseconds(50);

    // Hardly any answer takes so long: so many deviations above the mean.
    private const double LateDeviations = 8;

    private static readonly InferenceError _unknown = new(InferenceErrorKind.ModelNotReady, "the cluster cannot be reached yet", "model", TimeSpan.FromSeconds(1));
    private static readonly InferenceError _lost =
        new(InferenceErrorKind.ModelNotReady, $"the cluster is lost: no silo has answered for {ClusterPulse.Patience.TotalSeconds:f0} seconds", "model", TimeSpan.FromSeconds(1));

    private readonly Dictionary<string, ModelRoute> _routes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ReplicaRef> _replicas = new(StringComparer.Ordinal);

    // Those that have left the view, while their calls are on their way.
    private readonly List<ReplicaRef> _gone = [];
    private readonly ClusterPulse _pulse = new(grains, time);
    private RoutingTable _table = RoutingTable.Empty;
    private ReplicaRef[] _all = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _gatewayLost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Why nothing is known of the cluster: no view has come yet, or no silo answers any more. Null while one does.</summary>
    public InferenceError? Obstacle => ReferenceEquals(Table, RoutingTable.Empty) ? _unknown : _pulse.IsSilent ? _lost : null;

    /// <summary>The table by the last view; see <see cref="Obstacle"/> for whether it still counts.</summary>
    public RoutingTable Table => Volatile.Read(ref _table);

    /// <summary>Done when another table is in place than the one that was when it was read, or <see cref="Obstacle"/> has changed.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>A replica answered, and so its silo lives.</summary>
    public void Heard() => _pulse.Heard();

    /// <summary>A connection to a gateway broke: whatever was on its way may have gone by it, and is sent again by another.</summary>
    public void GatewayLost()
    {
        var lost = 0;
        foreach (var replica in Volatile.Read(ref _all))
            lost += replica.InFlight.LoseForwarded();
        if (lost > 0)
        {
            metrics.GatewayLost();
            Log.GatewayLost(logger, lost);
        }

        AskAgain();
    }

    /// <summary>The question that stands may have gone the way that is lost.</summary>
    private void AskAgain() =>
        Interlocked.Exchange(ref _gatewayLost, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        channels.Alive += Heard;
        channels.Silenced += _ =>
        {
            LoseSilent();
            AskAgain();
        };
        metrics.Observe(() => Obstacle is null ? Table.View : RoutingTable.Empty.View);
        return Task.WhenAll(WatchAsync(stoppingToken), SweepAsync(stoppingToken), _pulse.RunAsync(PulseChanged, stoppingToken));
    }

    private async Task WatchAsync(CancellationToken stopping)
    {
        ViewVersion known = default;
        var silent = false;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                // The registry's silo may vanish with the question, or the gateway that it went by.
                var lost = Volatile.Read(ref _gatewayLost).Task;
                var question = grains.GetGrain<IRegistryGrain>(0).WatchAsync(known);
                if (await Task.WhenAny(question, lost).WaitAsync(_longest, time, stopping) == lost)
                {
                    question.Ignore();
                    continue;
                }

                var answer = await question;
                Heard();
                silent = false;
                if (answer is { } view)
                {
                    Update(view);
                    known = view.Version;
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever it was, before the first connection above all: the table stands, and is asked for again.
                if (!silent)
                    Log.RegistrySilent(logger, e.Message);
                silent = true;
                await Task.Delay(_again, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task SweepAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(_sweep, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            LoseSilent();
            var now = time.GetTimestamp();
            foreach (var replica in Volatile.Read(ref _all))
            {
                var late = Math.Max(options.Router.HedgeAfter.TotalSeconds, replica.Route.LateAfter(LateDeviations) / 1000);
                replica.InFlight.Look(now, now - (long)(late * time.TimestampFrequency));
            }
        }
    }

    /// <summary>
    /// What is on its way to silos that answer nobody is made again where another replica answers. Where none does it stays on its way until its silo's
    /// way is made anew, and is then made again by whichever is back first.
    /// </summary>
    private void LoseSilent()
    {
        foreach (var replica in Volatile.Read(ref _all))
        {
            if (replica.Silent && replica.Route.Version(replica.Digest) is { AnyAnswers: true } && replica.InFlight.LoseAll() > 0)
                metrics.SiloLost();
        }
    }

    /// <summary>What waits for a silo that is lost with all others is refused now instead of at its deadline.</summary>
    private void PulseChanged()
    {
        if (_pulse.IsSilent)
        {
            Log.ClusterLost(logger, ClusterPulse.Patience);
            foreach (var replica in Volatile.Read(ref _all))
                replica.InFlight.LoseAll();
        }

        NotifyChanged();
    }

    private void NotifyChanged() => Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    private void Update(ClusterView view)
    {
        channels.Update(view.Silos);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var model in view.Models)
        {
            if (!_routes.TryGetValue(model.Info.Name, out var route))
                _routes[model.Info.Name] = route = new ModelRoute(options.Router);
            route.Update(model, replica => Reference(replica, route));
            foreach (var replica in model.Replicas)
                seen.Add(replica.Key);
        }

        foreach (var name in _routes.Keys.Except(view.Models.Select(model => model.Info.Name)).ToList())
            _routes.Remove(name);
        // One that has just left is kept for one view at least: a request may have chosen it a moment ago.
        _gone.RemoveAll(replica => replica.InFlight.IsEmpty);
        foreach (var (key, replica) in _replicas.ToList())
        {
            if (seen.Contains(key))
                continue;
            _replicas.Remove(key);
            _gone.Add(replica);
        }

        // Draining replicas are in the view but not in the routes; their calls are answered yet.
        Volatile.Write(ref _all, [.. _replicas.Values, .. _gone]);
        Volatile.Write(ref _table, new RoutingTable(view, new Dictionary<string, ModelRoute>(_routes, StringComparer.Ordinal)));
        NotifyChanged();
        var silos = view.Silos.Select(silo => silo.Silo).ToHashSet();
        foreach (var replica in _gone)
        {
            if (!silos.Contains(replica.Silo) && replica.InFlight.LoseAll() > 0)
                metrics.SiloLost();
        }
    }

    private ReplicaRef Reference(ReplicaView view, ModelRoute route)
    {
        if (!_replicas.TryGetValue(view.Key, out var replica))
            _replicas[view.Key] = replica = new ReplicaRef(view, route, channels, any);
        return replica;
    }
}
