using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Orrery.Api.Admin;
using Orrery.ClientApi.Routing;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Cluster;

/// <summary>What operators and scalers ask about the cluster: how it stands, how many silos a pool should have, and to empty one.</summary>
internal static class ClusterRoutes
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static void MapCluster(this IEndpointRouteBuilder routes, ClusterWatcher watcher, IGrainFactory grains, AdminOptions admin)
    {
        routes.MapGet("/v1/cluster", () => Lost(watcher) ?? Results.Json(Status.Of(watcher.Table.View), _json)).WithTags("Cluster").WithSummary("Silos, models, replicas and pools");
        routes.MapGet("/v1/autoscale/{pool}", (string pool) => Lost(watcher) ?? Pool(watcher.Table.View, pool)).WithTags("Cluster").WithSummary("Silos that a pool should have, as KEDA's metrics-api scaler reads it");
        routes.MapPost("/v1/autoscale/{pool}/drain", (string pool) => DrainAsync(watcher, grains, pool)).RequireAdmin(admin).WithTags("Cluster").WithSummary("Empties the silo of a pool that is cheapest to, which then leaves");
    }

    /// <summary>While nothing is known, no answer is better than a wrong one, which a scaler would follow.</summary>
    private static IResult? Lost(ClusterWatcher watcher) => watcher.Obstacle is { } obstacle ? Problem(503, obstacle.Message) : null;

    private static IResult Pool(ClusterView view, string pool)
    {
        if (Array.Find(view.Pools, one => one.Pool == pool) is { } found)
            return Results.Json(new { pool = found.Pool, desired = found.Desired, current = found.Current, value = found.Desired });
        return Pools.All.Contains(pool) ? Problem(503, "the cluster cannot be reached yet") : Problem(404, $"there is no pool '{pool}': there are {string.Join(", ", Pools.All)}");
    }

    private static async Task<IResult> DrainAsync(ClusterWatcher watcher, IGrainFactory grains, string pool)
    {
        if (!Pools.All.Contains(pool))
            return Problem(404, $"there is no pool '{pool}': there are {string.Join(", ", Pools.All)}");
        if (Lost(watcher) is { } lost)
            return lost;
        try
        {
            return await grains.GetGrain<IRegistryGrain>(0).DrainOneAsync(pool) is { } silo
                ? Results.Json(new { pool, draining = silo.Endpoint.ToString() }, statusCode: 202)
                : Problem(409, $"no silo of pool '{pool}' can leave now: its replicas have no place elsewhere, or another one is leaving");
        }
        catch (Exception e) when (RemoteFault.Is(e))
        {
            return Problem(503, $"the cluster cannot be reached: {e.Message}");
        }
    }

    private static IResult Problem(int status, string detail) =>
        Results.Json(new ProblemDetails { Status = status, Detail = detail }, statusCode: status, contentType: "application/problem+json");

    private sealed record Status(SiloStatus[] Silos, ModelStatus[] Models, ReplicaStatus[] Replicas, PoolStatus[] Pools)
    {
        public static Status Of(ClusterView view) => new(
            [.. view.Silos.Select(silo => new SiloStatus(silo.Silo.Endpoint.ToString(), silo.Pool, silo.Zone, silo.Device, silo.Cores, silo.Memory, silo.Used, silo.Draining))],
            [.. view.Models.Select(model => new ModelStatus(
                model.Info.Name, model.Quarantined ? "quarantined" : model.Asleep ? "asleep" : Word(model.Info.State), model.Info.Reason, model.Info.Digest, model.Pool, model.Desired))],
            [.. view.Models.SelectMany(model => model.Replicas.Select(replica => new ReplicaStatus(
                model.Info.Name, replica.Silo.Endpoint.ToString(), Word(replica.Phase), replica.Digest, replica.Memory, replica.Load.QueuedTokens, replica.Load.TokensPerSecond)))],
            [.. view.Pools.Select(pool => new PoolStatus(pool.Pool, pool.Desired, pool.Current))]);

        private static string Word<T>(T value)
            where T : struct, Enum => value.ToString().ToLowerInvariant();
    }

    private sealed record SiloStatus(string Silo, string Pool, string Zone, string Device, int Cores, long Memory, long Used, bool Draining);

    private sealed record ModelStatus(string Model, string State, string? Reason, string Version, string Pool, int Desired);

    private sealed record ReplicaStatus(string Model, string Silo, string State, string Version, long Memory, long QueuedTokens, float TokensPerSecond);

    private sealed record PoolStatus(string Pool, int Desired, int Current);
}
