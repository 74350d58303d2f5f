using Npgsql;

namespace Orrery.Silo.Tables.Postgres;

/// <summary>What a database holds of the tables.</summary>
/// <param name="Version">The tables' version; 0 where there are none.</param>
/// <param name="IsCurrent">Whether the version and every statement are this program's.</param>
/// <param name="Obstacle">Why the tables must not be touched; null where they may.</param>
internal readonly record struct StoredTables(int Version, bool IsCurrent, TableCreation? Obstacle)
{
    /// <summary>This program, by name: a refusal tells who made newer tables.</summary>
    public static string Program { get; } = $"Orrery {typeof(StoredTables).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>Reads what is there.</summary>
    public static async Task<StoredTables> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        // to_regclass would answer from a cache that does not learn, within a transaction, what another one created meanwhile.
        var tables = new List<string>();
        await using (var look = new NpgsqlCommand("SELECT relname FROM pg_class WHERE relname IN ('orrery_schema', 'orleansquery') AND pg_table_is_visible(oid)", connection))
        await using (var rows = await look.ExecuteReaderAsync(cancellation))
        {
            while (await rows.ReadAsync(cancellation))
                tables.Add(rows.GetString(0));
        }
        if (!tables.Contains("orrery_schema"))
        {
            return new(0, false, tables.Count == 0 ? null : new(TableStatus.Foreign,
                $"database {connection.Database} holds a table OrleansQuery that Orrery did not create; give Orrery a database or a schema of its own"));
        }

        var (version, program) = (0, "");
        await using (var look = new NpgsqlCommand("SELECT version, program FROM orrery_schema", connection))
        await using (var row = await look.ExecuteReaderAsync(cancellation))
        {
            if (await row.ReadAsync(cancellation))
                (version, program) = (row.GetInt32(0), row.GetString(1));
        }
        if (version > TableSchema.Version)
        {
            return new(version, false, new(TableStatus.Newer,
                $"the tables in database {connection.Database} are of version {version}, made by {program}; {Program} knows versions up to {TableSchema.Version}"));
        }
        return new(version, version == TableSchema.Version && await HoldsStatementsAsync(connection, cancellation), null);
    }

    /// <summary>Names a privilege on the tables that this role lacks; null where it lacks none.</summary>
    public static async Task<TableCreation?> MissingPrivilegeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var ask = new NpgsqlCommand(
            """
            SELECT format('role %s may not %s on table %s', current_user, privilege, name)
            FROM unnest($1, $2) AS needed (name, privilege)
            WHERE NOT has_table_privilege(name, privilege)
            LIMIT 1
            """, connection);
        ask.Parameters.Add(new() { Value = TableSchema.Privileges.Select(p => p.Table).ToArray() });
        ask.Parameters.Add(new() { Value = TableSchema.Privileges.Select(p => p.Privilege).ToArray() });
        return await ask.ExecuteScalarAsync(cancellation) is string missing ? new(TableStatus.Denied, missing) : null;
    }

    private static async Task<bool> HoldsStatementsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var ask = new NpgsqlCommand(
            "SELECT count(*) FROM orleansquery JOIN unnest($1, $2) AS wanted (key, text) ON querykey = wanted.key AND querytext = wanted.text", connection);
        ask.Parameters.Add(new() { Value = TableSchema.Statements.Keys.ToArray() });
        ask.Parameters.Add(new() { Value = TableSchema.Statements.Values.ToArray() });
        return (long)(await ask.ExecuteScalarAsync(cancellation))! == TableSchema.Statements.Count;
    }
}
