namespace Orrery.Silo.Tables.Sqlite;

/// <summary>
/// The statements of Orleans' ADO.NET providers over a SQLite file; see <see cref="Postgres.MembershipStatements"/> and
/// <see cref="Postgres.GrainStateStatements"/> for what each has to keep. Here every change is one statement, which SQLite does as one transaction of
/// its own, flushed to the disk: a process that is killed leaves nothing half done, and no transaction open. That the cluster's version
/// rises with its members is the business of triggers (<see cref="SqliteSchema"/>), whose changes <c>changes()</c> does not count.
/// </summary>
internal static class SqliteStatements
{
    private const string Columns =
        """
        c.version AS Version, s.address AS Address, s.port AS Port, s.generation AS Generation, s.silo_name AS SiloName,
        s.host_name AS HostName, s.status AS Status, s.gateway_port AS ProxyPort, s.suspicions AS SuspectTimes,
        s.started_at AS StartTime, s.alive_at AS IAmAliveTime
        """;

    private const string ThisSilo = "cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation";

    private const string ThisState =
        """
        service_id = @ServiceId AND state_name = @GrainTypeString
        AND key_high = @GrainIdN0 AND key_low = @GrainIdN1 AND key_text = coalesce(@GrainIdExtensionString, '')
        """;

    /// <summary>The statements by the keys under which the providers look them up.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["InsertMembershipVersionKey"] =
            """
            INSERT INTO orrery_cluster (cluster_id) VALUES (@DeploymentId) ON CONFLICT DO NOTHING;
            SELECT changes() > 0
            """,

        ["InsertMembershipKey"] =
            """
            INSERT INTO orrery_silo (cluster_id, address, port, generation, silo_name, host_name, status, gateway_port, started_at, alive_at)
            SELECT cluster_id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
            FROM orrery_cluster WHERE cluster_id = @DeploymentId AND version = @Version
            ON CONFLICT DO NOTHING;
            SELECT changes() > 0
            """,

        ["UpdateMembershipKey"] =
            $"""
            UPDATE orrery_silo SET status = @Status, suspicions = @SuspectTimes, alive_at = @IAmAliveTime
            WHERE {ThisSilo} AND EXISTS (SELECT 1 FROM orrery_cluster AS c WHERE c.cluster_id = @DeploymentId AND c.version = @Version);
            SELECT changes() > 0
            """,

        ["UpdateIAmAlivetimeKey"] = $"UPDATE orrery_silo SET alive_at = @IAmAliveTime WHERE {ThisSilo}",

        ["MembershipReadAllKey"] =
            $"SELECT {Columns} FROM orrery_cluster AS c LEFT JOIN orrery_silo AS s USING (cluster_id) WHERE c.cluster_id = @DeploymentId",

        ["MembershipReadRowKey"] =
            $"""
            SELECT {Columns}
            FROM orrery_cluster AS c LEFT JOIN (SELECT * FROM orrery_silo WHERE {ThisSilo}) AS s USING (cluster_id)
            WHERE c.cluster_id = @DeploymentId
            """,

        ["GatewaysQueryKey"] =
            """
            SELECT address AS Address, gateway_port AS ProxyPort, generation AS Generation
            FROM orrery_silo
            WHERE cluster_id = @DeploymentId AND status = @Status AND gateway_port > 0
            """,

        // Times are text, year first: they compare as what they mean.
        ["CleanupDefunctSiloEntriesKey"] = "DELETE FROM orrery_silo WHERE cluster_id = @DeploymentId AND status = 6 AND alive_at < @IAmAliveTime",

        ["DeleteMembershipTableEntriesKey"] = "DELETE FROM orrery_cluster WHERE cluster_id = @DeploymentId",

        ["ReadFromStorageKey"] = $"SELECT payload AS PayloadBinary, version AS Version FROM orrery_grain_state WHERE {ThisState}",

        // Of the two one does something: a comparison with a version that is null is never true.
        ["WriteToStorageKey"] =
            $"""
            UPDATE orrery_grain_state SET version = version + 1, payload = @PayloadBinary, changed_at = CURRENT_TIMESTAMP
            WHERE {ThisState} AND version = @GrainStateVersion
            RETURNING version AS NewGrainStateVersion;
            INSERT INTO orrery_grain_state (service_id, state_name, key_high, key_low, key_text, version, payload)
            SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), 1, @PayloadBinary
            WHERE @GrainStateVersion IS NULL
            ON CONFLICT DO NOTHING
            RETURNING version AS NewGrainStateVersion
            """,

        ["ClearStorageKey"] =
            $"""
            UPDATE orrery_grain_state SET version = version + 1, payload = NULL, changed_at = CURRENT_TIMESTAMP
            WHERE {ThisState} AND version = @GrainStateVersion
            RETURNING version AS NewGrainStateVersion
            """,

        ["DeleteStorageKey"] = $"DELETE FROM orrery_grain_state WHERE {ThisState} AND version = @GrainStateVersion RETURNING version + 1 AS NewGrainStateVersion",
    };
}
