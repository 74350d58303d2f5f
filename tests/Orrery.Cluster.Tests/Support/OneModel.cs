using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orrery.ClientApi.Backend;
using Orrery.ClientApi.Routing;
using Orrery.Engine;
using Orrery.Fleet.Routing;
using Orrery.Interfaces.Wire;

namespace Orrery.Cluster.Tests.Support;

/// <summary>A front's dispatcher over a model, whose registry says what the test says. What replicas answer is the test's too: it makes the calls.</summary>
internal sealed class OneModel : IAsyncDisposable
{
    public const string Name = "model";

    /// <summary>How late an answer is that a second replica is asked for as well.</summary>
    public static readonly TimeSpan HedgeAfter = TimeSpan.FromMilliseconds(10);

    private readonly Channel<ClusterView> _views = Channel.CreateUnbounded<ClusterView>();
    private readonly SiloAddress[] _silos = [SiloAddress.New(IPAddress.Loopback, 1, 1), SiloAddress.New(IPAddress.Loopback, 2, 1)];
    private readonly Guid _epoch = Guid.NewGuid();
    private long _number;

    /// <param name="time">The front's clock; null for the machine's.</param>
    public OneModel(TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        var options = new FrontOptions { Router = new RouterOptions { HedgeAfter = HedgeAfter, HedgeShare = 1 } };
        var any = Scripted.Grains(method => method.Name == nameof(Interfaces.IRegistryGrain.WatchAsync) ? (object)WatchAsync() : Task.CompletedTask);
        var channels = new SiloChannels(options, Options.Create(new ClusterOptions()), new ClientApi.Routing.ChannelOptions(Direct: false, PropagateActivity: false), time, NullLogger<SiloChannels>.Instance);
        var grains = new LiveGrains(any, channels);
        Watcher = new ClusterWatcher(grains, any, channels, options, Metrics, time, NullLogger<ClusterWatcher>.Instance);
        Dispatcher = new Dispatcher(Watcher, grains, Metrics, options, time);
    }

    public FrontMetrics Metrics { get; } = new();

    public ClusterWatcher Watcher { get; }

    public Dispatcher Dispatcher { get; }

    /// <summary>Begins, with a view of two replicas.</summary>
    public async Task<OneModel> StartAsync()
    {
        await Watcher.StartAsync(CancellationToken.None);
        await ShowAsync(0, 1);
        return this;
    }

    /// <summary>Has the front see another view.</summary>
    /// <param name="replicas">Those that are there, each on a silo of its own; both silos always are.</param>
    public async Task ShowAsync(params int[] replicas)
    {
        var view = new ClusterView
        {
            Version = new ViewVersion(_epoch, ++_number),
            Silos = [.. _silos.Select(silo => new SiloReport { Silo = silo, Pool = Pools.Cpu })],
            Models =
            [
                new ModelView
                {
                    Info = new ModelInfo { Name = Name, Digest = "digest", State = replicas.Length > 0 ? ModelState.Ready : ModelState.Loading, Reason = replicas.Length > 0 ? null : "loading", Path = "" },
                    Replicas = [.. replicas.Select(number => new ReplicaView(new ReplicaKey(Name, "digest", Pools.Cpu, $"{number}").ToString(), _silos[number], ReplicaPhase.Ready, "digest", default, 0, 0))],
                },
            ],
            Detectors = [],
            Pools = [],
        };
        Assert.True(_views.Writer.TryWrite(view));
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (Watcher.Table.View.Version != view.Version)
            await Task.Delay(5, late.Token);
    }

    /// <summary>What the router has on its way to each replica, in tokens.</summary>
    public long[] InFlight()
    {
        var router = Watcher.Table.Route(Name).Version("digest")!;
        var loads = new Dictionary<string, long>();
        for (var seed = 0UL; loads.Count < 2; seed += ulong.MaxValue / 1000)
        {
            Assert.True(router.TryChoose(0, 0, seed, out var route));
            loads[route.Replica.Key] = route.Load.InFlight;
            route.Lost();
        }

        return [.. loads.Values];
    }

    public async ValueTask DisposeAsync()
    {
        await Watcher.StopAsync(CancellationToken.None);
        Watcher.Dispose();
        Metrics.Dispose();
    }

    private async Task<ClusterView?> WatchAsync()
    {
        using var longest = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            return await _views.Reader.ReadAsync(longest.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
