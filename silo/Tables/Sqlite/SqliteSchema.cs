namespace Orrery.Silo.Tables.Sqlite;

/// <summary>The tables of a cluster on one machine, with the names and meanings that those in PostgreSQL have.</summary>
internal static class SqliteSchema
{
    /// <summary>
    /// The way from an empty file to the newest tables: the statements at index i lead from version i to version i + 1. Released steps are never
    /// edited, and leave the older version's statements working. The version is the file's <c>user_version</c>.
    /// </summary>
    public static IReadOnlyList<string> Steps { get; } =
    [
        """
        CREATE TABLE orrery_schema (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            program  TEXT NOT NULL
        ) STRICT;

        CREATE TABLE OrleansQuery (
            QueryKey  TEXT PRIMARY KEY,
            QueryText TEXT NOT NULL
        ) STRICT;

        CREATE TABLE orrery_cluster (
            cluster_id TEXT PRIMARY KEY,
            version    INTEGER NOT NULL DEFAULT 0,
            changed_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
        ) STRICT;

        CREATE TABLE orrery_silo (
            cluster_id   TEXT NOT NULL REFERENCES orrery_cluster ON DELETE CASCADE,
            address      TEXT NOT NULL,
            port         INTEGER NOT NULL,
            generation   INTEGER NOT NULL,
            silo_name    TEXT NOT NULL,
            host_name    TEXT NOT NULL,
            status       INTEGER NOT NULL,
            gateway_port INTEGER NOT NULL,
            suspicions   TEXT,
            started_at   TEXT NOT NULL,
            alive_at     TEXT NOT NULL,
            PRIMARY KEY (cluster_id, address, port, generation)
        ) STRICT;

        CREATE TRIGGER orrery_silo_added AFTER INSERT ON orrery_silo BEGIN
            UPDATE orrery_cluster SET version = version + 1, changed_at = CURRENT_TIMESTAMP WHERE cluster_id = new.cluster_id;
        END;

        CREATE TRIGGER orrery_silo_changed AFTER UPDATE OF status, suspicions ON orrery_silo BEGIN
            UPDATE orrery_cluster SET version = version + 1, changed_at = CURRENT_TIMESTAMP WHERE cluster_id = new.cluster_id;
        END;

        CREATE TABLE orrery_grain_state (
            service_id TEXT NOT NULL,
            state_name TEXT NOT NULL,
            key_high   INTEGER NOT NULL,
            key_low    INTEGER NOT NULL,
            key_text   TEXT NOT NULL,
            version    INTEGER NOT NULL,
            payload    BLOB,
            changed_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
            PRIMARY KEY (service_id, state_name, key_high, key_low, key_text)
        ) STRICT;
        """,
    ];

    /// <summary>The version of the newest tables, and so of this program's statements.</summary>
    public static int Version => Steps.Count;
}
