namespace Orrery.Silo.Tables.Postgres;

/// <summary>
/// What a cluster keeps in PostgreSQL: its members, the state of its grains, and the statements through which Orleans' ADO.NET
/// providers reach both.
/// </summary>
internal static class TableSchema
{
    /// <summary>
    /// The way from an empty database to the newest tables: the statement at index i leads from version i to version i + 1.
    /// Released steps are never edited; a change is a new step. Silos of two versions run side by side during an upgrade, so a step
    /// must leave the older version's statements working.
    /// </summary>
    public static IReadOnlyList<string> Steps { get; } =
    [
        // orleansquery and its two columns are named by the providers; the other names are ours. A silo's address, port and
        // generation (its start, in seconds) are its identity, so a restarted silo is another row.
        // A grain's key reaches us as two integers and a text, and is the index itself: the hashes that are passed too are not
        // needed. Texts sort by bytes, for they are only ever compared for equality. A key that takes more than a third of a
        // page (2,704 bytes) is refused by PostgreSQL.
        """
        CREATE TABLE IF NOT EXISTS orrery_schema (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            version  integer NOT NULL,
            program  text NOT NULL
        );

        CREATE TABLE IF NOT EXISTS orleansquery (
            querykey  text PRIMARY KEY,
            querytext text NOT NULL
        );

        CREATE TABLE IF NOT EXISTS orrery_cluster (
            cluster_id text PRIMARY KEY,
            version    integer NOT NULL DEFAULT 0,
            changed_at timestamptz NOT NULL DEFAULT now()
        );

        CREATE TABLE IF NOT EXISTS orrery_silo (
            cluster_id   text NOT NULL REFERENCES orrery_cluster ON DELETE CASCADE,
            address      text NOT NULL,
            port         integer NOT NULL,
            generation   integer NOT NULL,
            silo_name    text NOT NULL,
            host_name    text NOT NULL,
            status       integer NOT NULL,
            gateway_port integer NOT NULL,
            suspicions   text,
            started_at   timestamptz NOT NULL,
            alive_at     timestamptz NOT NULL,
            PRIMARY KEY (cluster_id, address, port, generation)
        );

        CREATE TABLE IF NOT EXISTS orrery_grain_state (
            service_id text COLLATE "C" NOT NULL,
            state_name text COLLATE "C" NOT NULL,
            key_high   bigint NOT NULL,
            key_low    bigint NOT NULL,
            key_text   text COLLATE "C" NOT NULL,
            version    integer NOT NULL,
            payload    bytea,
            changed_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (service_id, state_name, key_high, key_low, key_text)
        );
        """,
    ];

    /// <summary>The version of the newest tables, and so of this program's statements.</summary>
    public static int Version => Steps.Count;

    /// <summary>The statements that the providers look up by key.</summary>
    public static IReadOnlyDictionary<string, string> Statements { get; } =
        MembershipStatements.All.Concat(GrainStateStatements.All).ToDictionary(StringComparer.Ordinal);

    /// <summary>What a silo's role must be allowed to do, by table.</summary>
    public static IReadOnlyList<(string Table, string Privilege)> Privileges { get; } =
    [
        ("orleansquery", "SELECT"),
        .. from table in new[] { "orrery_cluster", "orrery_silo", "orrery_grain_state" }
           from privilege in new[] { "SELECT", "INSERT", "UPDATE", "DELETE" }
           select (table, privilege),
    ];
}
