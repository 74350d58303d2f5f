using System.Net;
using Orleans.Dashboard;
using Orrery.Api;
using Orrery.Api.Admin;
using Orrery.Engine.Vectors;
using Orrery.Grains.Hosting;
using Orrery.Grains.Registry;
using Orrery.Grains.Replicas;
using Orrery.Grains.Vectors;
using Orrery.Hosting.Startup;
using Orrery.Hosting.Telemetry;
using Orrery.Hosting.Vectors;
using Orrery.Silo.Configuration;
using Orrery.Silo.Kubernetes;
using Orrery.Silo.Tables;

namespace Orrery.Silo;

/// <summary>The silo's process: Orleans, the replicas, and beside them health, metrics and the dashboard over HTTP.</summary>
internal static class SiloHost
{
    public const string Program = "orrery-silo";

    private static readonly TimeSpan _longestEnd = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);

    public static async Task<int> RunAsync(SiloSettings settings, string[] models, string[] detectors, CancellationToken cancellation)
    {
        if (ModelRoots.Resolve(settings.Role.Engine, models, detectors, out var engine) is { } missing)
            return Refusal.Say(missing, Program);
        var role = settings.Role with { Engine = engine };
        var (device, wrong) = DeviceProbe.Look(role);
        if (device is null)
            return Refusal.Say(wrong!, Program);

        if (await ClusterTables.CreateAsync(settings.Cluster, settings.ShutdownTimeout, cancellation) is { IsReady: false } tables)
            return Refusal.Say(tables.Message, Program);
        if (settings.Pod.Length > 0 && await PodAccess.CheckAsync(settings, cancellation) is { } obstacle)
            return Refusal.Say(obstacle, Program);

        await using var loggers = new LoggerScope();
        var vectors = settings.Vectors;
        OwnedStore? owned = null;
        if (vectors.Store == VectorStoreKind.Embedded && settings.KeepsVectors
            && !(await OwnedStore.OpenAsync(vectors, loggers.Factory, TimeProvider.System, cancellation)).TryGet(out owned, out var unusable))
            return Refusal.Say(unusable.Message, Program);
        // After the silo, whose grains use it.
        await using var closedLast = owned;
        IVectorStore? service = null;
        if (vectors.Store == VectorStoreKind.Pinecone && !(await VectorStores.OpenAsync(vectors, loggers.Factory, TimeProvider.System, cancellation)).TryGet(out service, out unusable))
            return Refusal.Say(unusable.Message, Program);
        await using var closedToo = service;

        using var telemetry = TelemetryExport.Start(settings.Telemetry, Program);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Orrery", LogLevel.Information);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limit(settings, 1 << 20));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.ShutdownTimeout);
        builder.Services.AddOrreryOperations();
        builder.Services.AddHostedService<IdleMemory>();
        builder.UseOrleans(silo =>
        {
            Join(silo, settings);
            if (settings.Pod.Length > 0)
                silo.UsePod(settings);
            silo.AddOrrery(role, device, settings.Capped, vectors.Store == VectorStoreKind.Embedded ? vectors : null, owned);
            silo.Services.AddSingleton<IModelTrial, ProcessTrial>();
            if (service is not null)
                silo.Services.AddSingleton(service);
            silo.AddDashboard();
            if (settings.Telemetry.Endpoint is not null)
                silo.AddActivityPropagation();
        });

        await using var app = builder.Build();
        var agent = app.Services.GetRequiredService<SiloAgent>();
        app.MapOrreryOperations(() => agent.Ready);
        app.MapOrleansDashboard("/dashboard").RequireAdmin(settings.Admin);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (Exception e) when (e is IOException or OrleansException or System.Data.Common.DbException or System.Net.Sockets.SocketException)
        {
            return Refusal.Say($"cannot start: {e.InnerException?.Message ?? e.Message}", Program);
        }

        Console.WriteLine($"Silo of pool {role.Pool} at {settings.Address}:{settings.SiloPort}, gateway {settings.GatewayPort}, {device.Name}, {device.Memory >> 20} MiB for models; http://{settings.Host}:{settings.Port}/dashboard/");
        _ = EndAsync(app, agent.HandedOver, settings.ShutdownTimeout, telemetry);
        return await HostEnd.WaitAsync(app, Program, cancellation);
    }

    /// <summary>
    /// Ends the process where the rest of its end takes long: its replicas are handed over and what was acknowledged is on the disk, but Orleans goes on to write
    /// down its leave while the database is away.
    /// </summary>
    private static async Task EndAsync(WebApplication host, Task handedOver, TimeSpan longestWork, IDisposable? telemetry)
    {
        var replicas = host.Services.GetRequiredService<ReplicaHost>();
        await handedOver;
        // Where nobody took over, what is queued here is answered first.
        for (var began = TimeProvider.System.GetTimestamp(); replicas.IsBusy && TimeProvider.System.GetElapsedTime(began) < longestWork; await Task.Delay(_look))
        {
        }

        await Task.Delay(_longestEnd);
        Refusal.Say($"the silo's end has taken {_longestEnd.TotalSeconds:f0} s since its replicas had nothing more to do; the process ends without it", Program);
        telemetry?.Dispose();
        Environment.Exit(HostEnd.CodeOf(host));
    }

    /// <summary>Creates what is missing in the database.</summary>
    public static async Task<int> CreateTablesAsync(SiloSettings settings, CancellationToken cancellation)
    {
        // Silos make their file by themselves; who asks for tables alone means a database, and forgot to name it.
        if (settings.Cluster.Database is null)
            return Refusal.Say("Cluster:Database (CLUSTER_DATABASE) must be set to create tables in it", Program);
        var tables = await ClusterTables.CreateAsync(settings.Cluster, settings.ShutdownTimeout, cancellation);
        if (!tables.IsReady)
            return Refusal.Say(tables.Message, Program);
        Console.WriteLine(tables.Message);
        return 0;
    }

    private static void Join(ISiloBuilder silo, SiloSettings settings)
    {
        var cluster = settings.Cluster;
        silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (cluster.Invariant, cluster.ConnectionString));
        silo.AddAdoNetGrainStorage(RegistryGrain.Storage, options => (options.Invariant, options.ConnectionString) = (cluster.Invariant, cluster.ConnectionString));
        var address = IPAddress.Parse(settings.Address);
        // What is reached at the loopback is not for other machines.
        silo.ConfigureEndpoints(address, settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
        silo.Configure<Orleans.Configuration.ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.Id, cluster.Service));
    }
}
