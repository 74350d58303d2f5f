using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;
using Orrery.Api.Tests.Support;
using Orrery.Interfaces;
using Database = Orrery.Hosting.Settings.ClusterOptions;

namespace Orrery.Cluster.Tests.Tables;

/// <summary>A number that outlives its silo.</summary>
public interface INoteGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int number);

    Task<string> WhereAsync();
}

[GenerateSerializer]
public sealed class Note
{
    [Id(0)]
    public int Sum { get; set; }
}

public sealed class NoteGrain([PersistentState("note", TableSilo.Storage)] IPersistentState<Note> note, ILocalSiloDetails silo) : Grain, INoteGrain
{
    public async Task<int> AddAsync(int number)
    {
        note.State.Sum += number;
        await note.WriteStateAsync();
        return note.State.Sum;
    }

    public Task<string> WhereAsync() => Task.FromResult(silo.Name);
}

/// <summary>A silo of Orleans alone, with membership and storage over our tables.</summary>
internal sealed class TableSilo : IAsyncDisposable
{
    public const string Storage = "orrery";
    public const string DeletingStorage = "deleting";

    private readonly IHost _host;

    private TableSilo(IHost host) => _host = host;

    public SiloAddress Address => _host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public IGrainStorage StorageOf(string name) => _host.Services.GetRequiredKeyedService<IGrainStorage>(name);

    public static async Task<TableSilo> StartAsync(string name, Database database)
    {
        var builder = Quiet();
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = ("tables", "tables"));
            silo.Configure<SiloOptions>(o => o.SiloName = name);
            silo.Services.AddWireSerialization();
            silo.ConfigureEndpoints(IPAddress.Loopback, Ports.Free(), Ports.Free());
            silo.UseAdoNetClustering(o => (o.Invariant, o.ConnectionString) = (database.Invariant, database.ConnectionString));
            silo.AddAdoNetGrainStorage(Storage, o => (o.Invariant, o.ConnectionString) = (database.Invariant, database.ConnectionString));
            silo.AddAdoNetGrainStorage(DeletingStorage, o => (o.Invariant, o.ConnectionString, o.DeleteStateOnClear) = (database.Invariant, database.ConnectionString, true));
            silo.Configure<ClusterMembershipOptions>(o =>
            {
                // A test need not wait as long as a cluster that bears hiccups.
                o.ProbeTimeout = TimeSpan.FromSeconds(1);
                o.NumMissedProbesLimit = 3;
                o.MaxJoinAttemptTime = TimeSpan.FromSeconds(3);
                o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(1);
            });
        });
        var host = builder.Build();
        await host.StartAsync();
        return new(host);
    }

    public static async Task<IHost> ConnectAsync(Database database)
    {
        var builder = Quiet();
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = ("tables", "tables"));
            client.Configure<GatewayOptions>(o => o.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1));
            client.UseAdoNetClustering(o => (o.Invariant, o.ConnectionString) = (database.Invariant, database.ConnectionString));
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    public Task StopAsync() => _host.StopAsync();

    /// <summary>Ends it without its goodbyes. The caller has cut it off from the database first, or it would still say there that it stops.</summary>
    public async Task CrashAsync()
    {
        try
        {
            await _host.StopAsync(new CancellationToken(canceled: true));
        }
        catch (Exception e) when (e is OperationCanceledException or AggregateException or OrleansException)
        {
            // It fails at saying goodbye, which is the purpose.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CrashAsync();
        _host.Dispose();
    }

    private static HostApplicationBuilder Quiet()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        return builder;
    }
}
