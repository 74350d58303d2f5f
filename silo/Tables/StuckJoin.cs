using System.Data.Common;
using System.Net.Sockets;

namespace Orrery.Silo.Tables;

/// <summary>
/// Lets silos join after all others were lost at once. A joining silo waits for every active one to answer, and silos that vanished stay
/// active until somebody probes them. A joining silo does so with those whose sign of life is old (Orleans 10.2.2,
/// <c>ClusterHealthMonitor.UpdateMonitoredSilos</c>), but looks for such ones only when the table has changed. With nobody left to change it,
/// this does: the version is raised and nothing else.
/// </summary>
internal static class StuckJoin
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(3);

    /// <summary>Waits for a start, and raises the table's version from time to time.</summary>
    /// <param name="start">The start, under way.</param>
    /// <param name="connect">Makes a connection to the database, not yet open.</param>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task WatchAsync(Task start, Func<DbConnection> connect, string cluster, CancellationToken cancellation)
    {
        while (await Task.WhenAny(start, Task.Delay(_every, cancellation)) != start && !cancellation.IsCancellationRequested)
        {
            try
            {
                await using var connection = connect();
                await connection.OpenAsync(cancellation);
                await using var raise = connection.CreateCommand();
                raise.CommandText = "UPDATE orrery_cluster SET version = version + 1, changed_at = CURRENT_TIMESTAMP WHERE cluster_id = @cluster";
                var name = raise.CreateParameter();
                (name.ParameterName, name.Value) = ("cluster", cluster);
                raise.Parameters.Add(name);
                await raise.ExecuteNonQueryAsync(cancellation);
            }
            catch (Exception e) when (e is DbException or SocketException or TimeoutException or OperationCanceledException)
            {
                // The start itself fails for the same reason, and says it.
            }
        }

        await start;
    }
}
