using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orrery.ClientApi.Backend;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Routing;

/// <summary>The front's ways to the silos of the last view, one each. Where a front has none of its own, all calls go by whichever gateway Orleans chooses.</summary>
internal sealed class SiloChannels(FrontOptions options, IOptions<ClusterOptions> cluster, ChannelOptions channels, TimeProvider time, ILogger<SiloChannels> logger) : IAsyncDisposable
{
    // Over all silos not more often than 200 times a second.
    private static readonly TimeSpan _askEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _askTogether = TimeSpan.FromMilliseconds(5);

    // Where this front begins to look for one that answers: each elsewhere, so that one silo does not carry what all fronts ask of any.
    private readonly uint _first = (uint)Random.Shared.Next();

    // In the order of their addresses, so that a front that asks one silo for everything stays with it.
    private SiloChannel[] _all = [];
    private Dictionary<SiloAddress, SiloChannel> _bySilo = [];

    /// <summary>Told when a silo has become silent.</summary>
    public event Action<SiloChannel>? Silenced;

    /// <summary>Told when a silo has given a sign of life.</summary>
    public event Action? Alive;

    /// <summary>The way to a silo; null where there is none of its own.</summary>
    public SiloChannel? Find(SiloAddress silo) => Volatile.Read(ref _bySilo).GetValueOrDefault(silo);

    /// <summary>The way to a silo that answers; null when there is none.</summary>
    public IGrainFactory? Any()
    {
        var all = Volatile.Read(ref _all);
        for (var i = 0u; i < all.Length; i++)
        {
            var channel = all[(_first + i) % (uint)all.Length];
            if (!channel.Silent && channel.Grains is { } grains)
                return grains;
        }

        return null;
    }

    /// <summary>From now on these are the silos. Not from two threads at once.</summary>
    public void Update(IReadOnlyList<SiloReport> silos)
    {
        if (!channels.Direct)
            return;
        var every = TimeSpan.FromTicks(Math.Max(_askEvery.Ticks, _askTogether.Ticks * silos.Count));
        var all = new List<SiloChannel>();
        foreach (var silo in silos.OrderBy(silo => silo.Silo))
        {
            if (silo.Gateway is { } gateway)
                all.Add(Find(silo.Silo) ?? new SiloChannel(silo.Silo, broken => Connect(gateway.Endpoint, broken), options.Router, every, channel => Silenced?.Invoke(channel), () => Alive?.Invoke(), time, logger));
        }

        var old = _all;
        Volatile.Write(ref _all, [.. all]);
        Volatile.Write(ref _bySilo, all.ToDictionary(channel => channel.Silo));
        foreach (var gone in old.Except(all))
            _ = gone.DisposeAsync().AsTask();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var channel in Interlocked.Exchange(ref _all, []))
            await channel.DisposeAsync();
    }

    private IHost Connect(IPEndPoint gateway, Action broken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        builder.UseOrleansClient(client =>
        {
            client.UseStaticClustering(gateway);
            client.Configure<ClusterOptions>(own => (own.ClusterId, own.ServiceId) = (cluster.Value.ClusterId, cluster.Value.ServiceId));
            // A frozen process takes connections and says nothing.
            client.Configure<ConnectionOptions>(own => (own.OpenConnectionTimeout, own.ConnectionRetryDelay) = (TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100)));
            client.UseConnectionRetryFilter<RetryForever>();
            client.AddOrreryMessages();
            if (channels.PropagateActivity)
                client.AddActivityPropagation();
            client.AddGatewayCountChangedHandler((_, change) =>
            {
                if (change.NumberOfConnectedGateways == 0)
                    broken();
            });
        });
        return builder.Build();
    }

    private sealed class RetryForever : IClientConnectionRetryFilter
    {
        public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return !cancellationToken.IsCancellationRequested;
        }
    }

    /// <summary>Signals are the front's own matter.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>How a front reaches silos.</summary>
/// <param name="Direct">Whether it has a way of its own to each.</param>
/// <param name="PropagateActivity">Whether traces go on into silos.</param>
internal sealed record ChannelOptions(bool Direct, bool PropagateActivity);
