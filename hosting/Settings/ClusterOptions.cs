namespace Orrery.Hosting.Settings;

/// <summary>How a process finds its cluster.</summary>
public sealed record ClusterOptions
{
    /// <summary>Membership in the first silo's memory: one machine, for development.</summary>
    public const string Localhost = "localhost";

    /// <summary>Membership in a PostgreSQL database.</summary>
    public const string Postgres = "postgres";

    /// <summary>The cluster's name; members of another ignore each other.</summary>
    public string Id { get; init; } = "orrery";

    /// <summary>The service's name, under which stored state is found again by a later cluster.</summary>
    public string Service { get; init; } = "orrery";

    /// <summary><see cref="Localhost"/> or <see cref="Postgres"/>.</summary>
    public string Membership { get; init; } = Localhost;

    /// <summary>An Npgsql connection string, for <see cref="Postgres"/>.</summary>
    public string? Database { get; init; }

    /// <summary>The silos' gateways as <c>address:port</c>, for <see cref="Localhost"/>.</summary>
    public IReadOnlyList<string> Gateways { get; init; } = ["127.0.0.1:30000"];

    /// <summary>The silo that keeps the membership as <c>address:port</c>, for <see cref="Localhost"/>.</summary>
    public string PrimarySilo { get; init; } = "127.0.0.1:11111";

    /// <summary>The keys under <c>Cluster</c>.</summary>
    public static IReadOnlyList<Setting<ClusterOptions>> Table { get; } =
    [
        SettingKinds.Text<ClusterOptions>("Cluster:Id", "CLUSTER_ID", "a name", (c, v) => c with { Id = v }),
        SettingKinds.Text<ClusterOptions>("Cluster:Service", "SERVICE_ID", "a name", (c, v) => c with { Service = v }),
        SettingKinds.Choice<ClusterOptions>("Cluster:Membership", "MEMBERSHIP", [Localhost, Postgres], (c, v) => c with { Membership = v }),
        new("Cluster:Database", "CLUSTER_DATABASE", "an Npgsql connection string", (c, v) => c with { Database = v }, Secret: true),
        new("Cluster:Gateways", "GATEWAYS", "a list of address:port parted by commas", (c, v) =>
            v.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } all && Array.TrueForAll(all, SettingKinds.IsEndpoint) ? c with { Gateways = all } : null),
        new("Cluster:PrimarySilo", null, "address:port", (c, v) => SettingKinds.IsEndpoint(v) ? c with { PrimarySilo = v } : null),
    ];

    /// <summary>Says what is wrong, naming the key; null when nothing is.</summary>
    public string? Validate()
    {
        if (Id.Length == 0 || Service.Length == 0)
            return "Cluster:Id (CLUSTER_ID) and Cluster:Service (SERVICE_ID) must not be empty";
        return Membership == Postgres && string.IsNullOrEmpty(Database) ? "Cluster:Database (CLUSTER_DATABASE) must be set for Cluster:Membership postgres" : null;
    }
}
