using Orrery.ClientApi.Backend;
using Orrery.ClientApi.Routing;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Interfaces;
using Orrery.Interfaces.Vectors;

namespace Orrery.ClientApi;

/// <summary>Makes an Orleans client a front, however it finds its cluster.</summary>
public static class OrreryFront
{
    /// <summary>Registers <see cref="IInferenceBackend"/> over the cluster.</summary>
    /// <param name="client">The client.</param>
    /// <param name="options">Valid ones.</param>
    /// <param name="vectors">What the cluster keeps of vectors; null where it keeps none, or the caller registers an <see cref="IVectorStore"/> itself.</param>
    public static IClientBuilder AddOrrery(this IClientBuilder client, FrontOptions options, VectorOptions? vectors = null)
    {
        client.Configure<Orleans.Configuration.ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromMinutes(5));
        client.Configure<Orleans.Configuration.GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
        var services = client.Services;
        services.AddWireSerialization();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<FrontMetrics>();
        services.AddSingleton<ClusterWatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<ClusterWatcher>());
        services.AddSingleton<Dispatcher>();
        if (vectors is not null)
        {
            services.AddSingleton<IVectorStore>(provider =>
            {
                var watcher = provider.GetRequiredService<ClusterWatcher>();
                return new ClusterVectorStore(
                    provider.GetRequiredService<IGrainFactory>(), vectors, provider.GetRequiredService<TimeProvider>(),
                    () => watcher.Obstacle is { } lost ? lost with { Kind = InferenceErrorKind.Unavailable, Field = null } : null);
            });
        }

        services.AddSingleton<OrleansBackend>();
        services.AddSingleton<IInferenceBackend>(provider => provider.GetRequiredService<OrleansBackend>());
        client.AddGatewayCountChangedHandler(provider => (_, change) =>
        {
            if (change.NumberOfConnectedGateways < change.PreviousNumberOfConnectedGateways)
                provider.GetRequiredService<ClusterWatcher>().GatewayLost();
        });
        return client;
    }
}
