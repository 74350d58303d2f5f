using System.Net;
using Orrery.Engine.Vectors;
using Orrery.Fleet.Scaling;
using Orrery.Grains.Replicas;
using Orrery.Grains.Supervision;
using Orrery.Hosting.Settings;
using Orrery.Interfaces.Wire;

namespace Orrery.Silo.Configuration;

/// <summary>Everything that can be set of a silo.</summary>
internal sealed record SiloSettings : ProcessSettings
{
    // So that the loss of a silo is no more than that: one replica beside the first, where there is another silo with room.
    private const int Standby = 2;

    public SiloSettings() => Port = 8081;

    public ClusterOptions Cluster { get; init; } = new();

    /// <summary>The port that other silos reach it at.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>The port that fronts reach it at.</summary>
    public int GatewayPort { get; init; } = 30000;

    /// <summary>The address that others reach it at.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The name of the pod that the silo is; empty outside Kubernetes.</summary>
    public string Pod { get; init; } = "";

    /// <summary>The pod's namespace.</summary>
    public string Namespace { get; init; } = "";

    public SiloRole Role { get; init; } = new();

    public FleetOptions Fleet { get; init; } = new() { Replicas = new ReplicaOptions { MinReplicas = Standby } };

    /// <summary>Whether the least number of replicas was chosen; the default one gives way to a smaller <c>Fleet:MaxReplicas</c>.</summary>
    public bool ChoseMinReplicas { get; init; }

    /// <summary><see cref="Fleet"/>, as it is valid.</summary>
    public FleetOptions Capped => ChoseMinReplicas
        ? Fleet
        : Fleet with { Replicas = Fleet.Replicas with { MinReplicas = Math.Min(Fleet.Replicas.MinReplicas, Fleet.Replicas.MaxReplicas) } };

    public VectorOptions Vectors { get; init; } = new();

    /// <summary>Whether shards of the embedded store lie on this silo's disk; else it reaches those of other silos only.</summary>
    public bool KeepsVectors { get; init; } = true;

    /// <summary>Says what is wrong, naming the key; null when nothing is.</summary>
    public string? Validate() => Cluster.Validate() ?? Role.Validate() ?? Capped.Validate() ?? Vectors.Validate() ?? CheckReach() ?? CheckPod() ?? CheckDevices();

    /// <summary>Who is reached by other machines shares no file with them, and would be a cluster by itself.</summary>
    private string? CheckReach() => Cluster.Database is null && !IPAddress.IsLoopback(IPAddress.Parse(Address))
        ? $"Silo:Address (POD_IP) is {Address}: a cluster of more than one machine needs PostgreSQL, so Cluster:Database (CLUSTER_DATABASE) must be set"
        : null;

    /// <summary>A pool's models are measured on what its silos compute with.</summary>
    private string? CheckDevices() => Role.Pool == Pools.Gpu && Role.Engine.Devices.All(device => device == "cpu")
        ? "Engine:Devices (DEVICE) is cpu, but Silo:Device (SILO_DEVICE) is gpu: name what the silo computes with, as in cuda"
        : null;

    private string? CheckPod() => Pod.Length > 0 && Namespace.Length == 0 ? "Silo:Namespace (POD_NAMESPACE) must be set where Silo:Pod (POD_NAME) is" : null;
}

/// <summary>Every key there is. README's table lists the same ones; a test compares them.</summary>
internal static class SiloTable
{
    public static IReadOnlyList<Setting<SiloSettings>> All { get; } =
    [
        .. ProcessSettings.Table<SiloSettings>(),
        .. ClusterOptions.Table.Select(setting => setting.In<SiloSettings>(all => all.Cluster, (all, cluster) => all with { Cluster = cluster })),
        SettingKinds.Int<SiloSettings>("Silo:Port", "SILO_PORT", 1, 65535, (s, v) => s with { SiloPort = v }),
        SettingKinds.Int<SiloSettings>("Silo:GatewayPort", "GATEWAY_PORT", 1, 65535, (s, v) => s with { GatewayPort = v }),
        new("Silo:Address", "POD_IP", "an IP address", (s, v) => IPAddress.TryParse(v, out _) ? s with { Address = v } : null),
        SettingKinds.Text<SiloSettings>("Silo:Pod", "POD_NAME", "a pod's name", (s, v) => s with { Pod = v }),
        SettingKinds.Text<SiloSettings>("Silo:Namespace", "POD_NAMESPACE", "a namespace's name", (s, v) => s with { Namespace = v }),
        SettingKinds.Choice<SiloSettings>("Silo:Device", "SILO_DEVICE", [.. Pools.All], (s, v) => s with { Role = s.Role with { Pool = v } }),
        SettingKinds.Bytes<SiloSettings>("Silo:Memory", "SILO_MEMORY", (s, v) => s with { Role = s.Role with { Memory = v } }),
        SettingKinds.Text<SiloSettings>("Silo:Zone", "SILO_ZONE", "a zone's name", (s, v) => s with { Role = s.Role with { Zone = v } }),
        SettingKinds.Bool<SiloSettings>("Silo:KeepsVectors", (s, v) => s with { KeepsVectors = v }),
        SettingKinds.Int<SiloSettings>("Fleet:MinReplicas", null, 0, 10_000, (s, v) => Replicas(s, r => r with { MinReplicas = v }) with { ChoseMinReplicas = true }),
        SettingKinds.Int<SiloSettings>("Fleet:MaxReplicas", null, 1, 10_000, (s, v) => Replicas(s, r => r with { MaxReplicas = v })),
        SettingKinds.Time<SiloSettings>("Fleet:TargetQueueDelay", (s, v) => Replicas(s, r => r with { TargetQueueDelay = v })),
        SettingKinds.Time<SiloSettings>("Fleet:IdleTimeout", (s, v) => Replicas(s, r => r with { IdleTimeout = v })),
        SettingKinds.Int<SiloSettings>("Fleet:MinSilos", null, 0, 100_000, (s, v) => s with { Fleet = s.Fleet with { Pools = s.Fleet.Pools with { MinSilos = v } } }),
        SettingKinds.Int<SiloSettings>("Fleet:MaxSilos", null, 1, 100_000, (s, v) => s with { Fleet = s.Fleet with { Pools = s.Fleet.Pools with { MaxSilos = v } } }),
        .. VectorTable.OfSilos.Select(setting => setting.In<SiloSettings>(all => all.Vectors, (all, vectors) => all with { Vectors = vectors })),
        .. EngineTable.All.Select(setting => setting.In<SiloSettings>(all => all.Role.Engine, (all, engine) => all with { Role = all.Role with { Engine = engine } })),
    ];

    public static SettingReader<SiloSettings> Reader { get; } = new(All, settings => settings.Validate(), ClusterOptions.Former);

    private static SiloSettings Replicas(SiloSettings settings, Func<ReplicaOptions, ReplicaOptions> change) =>
        settings with { Fleet = settings.Fleet with { Replicas = change(settings.Fleet.Replicas) } };
}
