namespace Orrery.Hosting.Settings;

/// <summary>Every key of the project, whichever process reads it: one environment may be given to all of them.</summary>
public static class ProjectKeys
{
    // A silo's own table has types that this project does not know; a test holds the two against each other.
    private static readonly string[] _ofSilos =
    [
        "Silo:Device", "Silo:Memory", "Silo:Zone", "Silo:Address", "Silo:Pod", "Silo:Namespace", "Silo:Port", "Silo:GatewayPort", "Silo:KeepsVectors",
        "Fleet:MinReplicas", "Fleet:MaxReplicas", "Fleet:TargetQueueDelay", "Fleet:IdleTimeout", "Fleet:MinSilos", "Fleet:MaxSilos",
    ];

    /// <summary>All of them, in any case.</summary>
    public static IReadOnlySet<string> All { get; } = new HashSet<string>(
        [
            .. ApiTable.All.Select(setting => setting.Key),
            .. ClusterOptions.Table.Select(setting => setting.Key),
            .. EngineTable.All.Select(setting => setting.Key),
            .. VectorTable.OfSilos.Select(setting => setting.Key),
            .. _ofSilos,
        ],
        StringComparer.OrdinalIgnoreCase);
}
