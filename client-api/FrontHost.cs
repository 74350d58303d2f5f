using Orrery.Api;
using Orrery.ClientApi.Cluster;
using Orrery.ClientApi.Configuration;
using Orrery.ClientApi.Routing;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Hosting.Startup;
using Orrery.Hosting.Telemetry;
using Orrery.Hosting.Vectors;

namespace Orrery.ClientApi;

/// <summary>The front's process: the API over an Orleans client.</summary>
internal static class FrontHost
{
    public const string Program = "orrery-front";

    private static readonly TimeSpan _connectAgain = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(FrontSettings settings, CancellationToken cancellation)
    {
        await using var loggers = new LoggerScope();
        var vectors = settings.Vectors;
        IVectorStore? service = null;
        if (vectors.Store == VectorStoreKind.Pinecone && !(await VectorStores.OpenAsync(vectors, loggers.Factory, TimeProvider.System, cancellation)).TryGet(out service, out var unusable))
            return Refusal.Say(unusable.Message, Program);
        await using var closedLast = service;

        using var telemetry = TelemetryExport.Start(settings.Telemetry, Program);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limit(settings, settings.Api.MaxBodyBytes));
        // Health is answered while the cluster is still looked for.
        builder.Services.Configure<HostOptions>(host => (host.ShutdownTimeout, host.ServicesStartConcurrently) = (settings.ShutdownTimeout, true));
        builder.Services.AddOrreryApi(settings.Api.Within(MemoryBudget.Of(settings.MemoryLimit)), settings.Admin);
        builder.Services.AddHostedService<IdleMemory>();
        builder.UseOrleansClient(client =>
        {
            Join(client, settings);
            client.AddOrrery(settings.Front, vectors.Store == VectorStoreKind.Embedded ? vectors : null, direct: true, propagateActivity: settings.Telemetry.Endpoint is not null);
            if (service is not null)
                client.Services.AddSingleton(service);
            if (settings.Telemetry.Endpoint is not null)
                client.AddActivityPropagation();
        });

        await using var app = builder.Build();
        app.MapOrreryApi();
        app.MapCluster(app.Services.GetRequiredService<ClusterWatcher>(), app.Services.GetRequiredService<LiveGrains>(), settings.Admin);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (IOException e)
        {
            return Refusal.Say($"cannot listen on {settings.Host}:{settings.Port}: {e.InnerException?.Message ?? e.Message}", Program);
        }

        Console.WriteLine($"Listening on {app.Urls.First()} (API: {app.Urls.First()}/docs)");
        return await HostEnd.WaitAsync(app, Program, cancellation);
    }

    private static void Join(IClientBuilder client, FrontSettings settings)
    {
        var cluster = settings.Cluster;
        client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (cluster.Invariant, cluster.ConnectionString));
        client.Configure<Orleans.Configuration.ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.Id, cluster.Service));
        client.UseConnectionRetryFilter<RetryForever>();
    }

    /// <summary>A front may start before its cluster.</summary>
    private sealed class RetryForever(ILogger<RetryForever> logger) : IClientConnectionRetryFilter
    {
        public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
        {
            Log.ClusterUnreachable(logger, exception.Message);
            await Task.Delay(_connectAgain, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return !cancellationToken.IsCancellationRequested;
        }
    }
}
