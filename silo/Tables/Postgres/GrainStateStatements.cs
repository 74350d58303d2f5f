namespace Orrery.Silo.Tables.Postgres;

/// <summary>
/// The statements of Orleans' grain storage provider. A state's version is its ETag: who writes or clears passes the version that it
/// read, or none for a first write. The new version is the answer, and no row where somebody else was faster, which the provider turns
/// into <c>InconsistentStateException</c>. Parameters and result columns bear the names that the provider uses
/// (Microsoft.Orleans.Persistence.AdoNet 10.4.2; the same since 10.2).
/// </summary>
internal static class GrainStateStatements
{
    private const string ThisState =
        """
        service_id = @ServiceId AND state_name = @GrainTypeString
        AND key_high = @GrainIdN0 AND key_low = @GrainIdN1 AND key_text = coalesce(@GrainIdExtensionString, '')
        """;

    /// <summary>The statements by the keys under which the provider looks them up.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ReadFromStorageKey"] = $"""SELECT payload AS "PayloadBinary", version AS "Version" FROM orrery_grain_state WHERE {ThisState}""",

        // Of the two halves one does something: a comparison with a version that is null is never true.
        ["WriteToStorageKey"] =
            $"""
            WITH rewritten AS (
                UPDATE orrery_grain_state SET version = version + 1, payload = @PayloadBinary, changed_at = now()
                WHERE {ThisState} AND version = @GrainStateVersion
                RETURNING version),
            written AS (
                INSERT INTO orrery_grain_state (service_id, state_name, key_high, key_low, key_text, version, payload)
                SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), 1, @PayloadBinary
                WHERE @GrainStateVersion IS NULL
                ON CONFLICT DO NOTHING
                RETURNING version)
            SELECT version AS "NewGrainStateVersion" FROM rewritten
            UNION ALL
            SELECT version FROM written
            """,

        // The row stays, so that a slower writer still meets a newer version.
        ["ClearStorageKey"] =
            $"""
            UPDATE orrery_grain_state SET version = version + 1, payload = NULL, changed_at = now()
            WHERE {ThisState} AND version = @GrainStateVersion
            RETURNING version
            """,

        // The provider takes a version other than the one it passed for success, though nothing is left to bear it.
        ["DeleteStorageKey"] = $"DELETE FROM orrery_grain_state WHERE {ThisState} AND version = @GrainStateVersion RETURNING version + 1",
    };
}
