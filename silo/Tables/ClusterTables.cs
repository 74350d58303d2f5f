using Orrery.Hosting.Settings;
using Orrery.Silo.Tables.Postgres;
using Orrery.Silo.Tables.Sqlite;

namespace Orrery.Silo.Tables;

/// <summary>Where a cluster's members and what its grains store are kept: PostgreSQL, or a SQLite file on this machine.</summary>
internal static class ClusterTables
{
    /// <summary>Makes sure that the tables are there. A server that does not answer may be starting, so it is asked again.</summary>
    /// <param name="cluster">Which cluster's.</param>
    /// <param name="patience">For how long.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<TableCreation> CreateAsync(ClusterOptions cluster, TimeSpan patience, CancellationToken cancellation)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var tables = cluster.Database is { } database ? await TableCreator.CreateAsync(database, cancellation) : SqliteTables.Create(cluster.File, cluster.ConnectionString);
            if (tables.Status != TableStatus.Unreachable || TimeProvider.System.GetElapsedTime(began) >= patience)
                return tables;
            await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
        }
    }
}
