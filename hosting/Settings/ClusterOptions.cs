using System.Data.Common;

namespace Orrery.Hosting.Settings;

/// <summary>How a process finds its cluster: where its members, and what grains store, are kept.</summary>
public sealed record ClusterOptions
{
    /// <summary>The cluster's name; members of another ignore each other.</summary>
    public string Id { get; init; } = "orrery";

    /// <summary>The service's name, under which stored state is found again by a later cluster.</summary>
    public string Service { get; init; } = "orrery";

    /// <summary>An Npgsql connection string; null for a SQLite file in <see cref="Directory"/>.</summary>
    public string? Database { get; init; }

    /// <summary>The folder of the file that a cluster on one machine is kept in, on a disk of that machine.</summary>
    public string Directory { get; init; } = "cluster";

    /// <summary>The file in <see cref="Directory"/>.</summary>
    public string File => Path.GetFullPath(Path.Combine(Directory, "cluster.db"));

    /// <summary>What Orleans' ADO.NET providers call the database's kind.</summary>
    public string Invariant => Database is null ? "System.Data.SQLite" : "Npgsql";

    /// <summary>What the providers open.</summary>
    public string ConnectionString => Database ?? Sqlite(File);

    /// <summary>The keys under <c>Cluster</c>.</summary>
    public static IReadOnlyList<Setting<ClusterOptions>> Table { get; } =
    [
        SettingKinds.Text<ClusterOptions>("Cluster:Id", "CLUSTER_ID", "a name", (c, v) => c with { Id = v }),
        SettingKinds.Text<ClusterOptions>("Cluster:Service", "SERVICE_ID", "a name", (c, v) => c with { Service = v }),
        new("Cluster:Database", "CLUSTER_DATABASE", "an Npgsql connection string", (c, v) => c with { Database = v.Length > 0 ? v : null }, Secret: true),
        SettingKinds.Text<ClusterOptions>("Cluster:Directory", "CLUSTER_DIR", "a folder", (c, v) => c with { Directory = v }),
    ];

    /// <summary>Keys that were under <c>Cluster</c>.</summary>
    public static IReadOnlyList<FormerSetting> Former { get; } =
    [
        new("Cluster:Membership", "MEMBERSHIP", Now),
        new("Cluster:Gateways", "GATEWAYS", Now),
        new("Cluster:PrimarySilo", null, Now),
    ];

    private const string Now =
        "processes find each other in PostgreSQL where Cluster:Database (CLUSTER_DATABASE) is set, else in a file in Cluster:Directory (CLUSTER_DIR); leave it out";

    /// <summary>Says what is wrong, naming the key; null when nothing is.</summary>
    public string? Validate()
    {
        if (Id.Length == 0 || Service.Length == 0)
            return "Cluster:Id (CLUSTER_ID) and Cluster:Service (SERVICE_ID) must not be empty";
        return string.IsNullOrWhiteSpace(Directory) || Directory.Contains('\0', StringComparison.Ordinal) ? "Cluster:Directory (CLUSTER_DIR) must name a folder" : null;
    }

    /// <summary>Opens a file that is there, anew for each statement: a pool would go on with a file that was deleted, beside others that have a new one.</summary>
    private static string Sqlite(string file) => new DbConnectionStringBuilder
    {
        ["Data Source"] = file,
        ["Mode"] = "ReadWrite",
        ["Foreign Keys"] = "True",
        ["Pooling"] = "False",
        // Seconds that a statement waits for another process's.
        ["Default Timeout"] = "10",
    }.ConnectionString;
}
