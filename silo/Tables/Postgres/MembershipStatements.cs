namespace Orrery.Silo.Tables.Postgres;

/// <summary>
/// The statements of Orleans' membership provider. A change of the members is tied to the cluster's version: a silo passes the version
/// that it read, and where another silo was faster nothing changes and the answer is false. Each statement is one
/// snapshot and one transaction, as <c>IMembershipTable</c> asks of every operation. Parameters and result columns bear the names that
/// the provider uses (Microsoft.Orleans.Clustering.AdoNet 10.4.2; the same since 10.2).
/// </summary>
internal static class MembershipStatements
{
    private const string Columns =
        """
        c.version AS "Version", s.address AS "Address", s.port AS "Port", s.generation AS "Generation", s.silo_name AS "SiloName",
        s.host_name AS "HostName", s.status AS "Status", s.gateway_port AS "ProxyPort", s.suspicions AS "SuspectTimes",
        s.started_at AS "StartTime", s.alive_at AS "IAmAliveTime"
        """;

    private const string ThisSilo = "cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation";

    /// <summary>The statements by the keys under which the provider looks them up.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        // True for the one silo that founded the cluster.
        ["InsertMembershipVersionKey"] =
            """
            WITH founded AS (
                INSERT INTO orrery_cluster (cluster_id) VALUES (@DeploymentId)
                ON CONFLICT DO NOTHING
                RETURNING cluster_id)
            SELECT EXISTS (SELECT FROM founded)
            """,

        // The lock on the cluster's row lets one silo through at a time, and its version is compared after the wait. So a
        // row that appears after this statement's snapshot also raised the version, and the key cannot be violated.
        ["InsertMembershipKey"] =
            $"""
            WITH raised AS (
                UPDATE orrery_cluster SET version = version + 1, changed_at = now()
                WHERE cluster_id = @DeploymentId AND version = @Version AND NOT EXISTS (SELECT FROM orrery_silo WHERE {ThisSilo})
                RETURNING cluster_id),
            added AS (
                INSERT INTO orrery_silo (cluster_id, address, port, generation, silo_name, host_name, status, gateway_port, started_at, alive_at)
                SELECT cluster_id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
                FROM raised
                RETURNING cluster_id)
            SELECT EXISTS (SELECT FROM added)
            """,

        // The silo's row is locked first: were it cleaned up meanwhile, the version would have been raised for nothing.
        ["UpdateMembershipKey"] =
            $"""
            WITH member AS (
                SELECT cluster_id FROM orrery_silo WHERE {ThisSilo} FOR UPDATE),
            raised AS (
                UPDATE orrery_cluster AS c SET version = c.version + 1, changed_at = now()
                FROM member
                WHERE c.cluster_id = member.cluster_id AND c.version = @Version
                RETURNING c.cluster_id),
            changed AS (
                UPDATE orrery_silo SET status = @Status, suspicions = @SuspectTimes, alive_at = @IAmAliveTime
                WHERE {ThisSilo} AND EXISTS (SELECT FROM raised)
                RETURNING cluster_id)
            SELECT EXISTS (SELECT FROM changed)
            """,

        ["UpdateIAmAlivetimeKey"] = $"UPDATE orrery_silo SET alive_at = @IAmAliveTime WHERE {ThisSilo}",

        // One row of nulls beside the version stands for no silo.
        ["MembershipReadAllKey"] =
            $"""
            SELECT {Columns}
            FROM orrery_cluster AS c LEFT JOIN orrery_silo AS s USING (cluster_id)
            WHERE cluster_id = @DeploymentId
            """,

        ["MembershipReadRowKey"] =
            $"""
            SELECT {Columns}
            FROM orrery_cluster AS c
            LEFT JOIN (SELECT * FROM orrery_silo WHERE {ThisSilo}) AS s USING (cluster_id)
            WHERE cluster_id = @DeploymentId
            """,

        // A silo without a gateway has port 0.
        ["GatewaysQueryKey"] =
            """
            SELECT address AS "Address", gateway_port AS "ProxyPort", generation AS "Generation"
            FROM orrery_silo
            WHERE cluster_id = @DeploymentId AND status = @Status AND gateway_port > 0
            """,

        // 6 is SiloStatus.Dead. A silo that nobody declared dead stays, however long it was silent.
        ["CleanupDefunctSiloEntriesKey"] =
            "DELETE FROM orrery_silo WHERE cluster_id = @DeploymentId AND status = 6 AND alive_at < @IAmAliveTime",

        ["DeleteMembershipTableEntriesKey"] = "DELETE FROM orrery_cluster WHERE cluster_id = @DeploymentId",
    };
}
