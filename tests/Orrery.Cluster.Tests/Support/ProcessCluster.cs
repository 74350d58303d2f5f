using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Orrery.Cluster.Tests.Support;

/// <summary>How the cluster stands, as <c>/v1/cluster</c> tells it.</summary>
internal sealed record ClusterStatus(SeenSilo[] Silos, SeenModel[] Models, SeenReplica[] Replicas, SeenPool[] Pools)
{
    /// <summary>The silos with a replica that answers, one entry a replica.</summary>
    public string[] Ready(string model) => [.. Replicas.Where(replica => replica.Model == model && replica.State == "ready").Select(replica => replica.Silo)];
}

internal sealed record SeenSilo(string Silo, string Pool, bool Draining);

internal sealed record SeenModel(string Model, string State, string? Reason, string Version, int Desired);

internal sealed record SeenReplica(string Model, string Silo, string State, string Version);

internal sealed record SeenPool(string Pool, int Desired, int Current);

/// <summary>Silos and fronts in processes of their own, with their membership in PostgreSQL or in a file.</summary>
internal sealed class ProcessCluster : IAsyncDisposable
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(3);

    private readonly (string, string)[] _membership;
    private readonly (string, string)[] _engine;
    private readonly string _cache = Directory.CreateTempSubdirectory("orrery-cache-").FullName;

    private readonly string _vectors = Directory.CreateTempSubdirectory("orrery-vectors-").FullName;
    private int _folders;

    private ProcessCluster((string Name, string Value) membership, string models)
    {
        Database = membership.Value;
        _membership = [membership];
        _engine =
        [
            ("MODEL_CACHE_DIR", models), ("ORRERY__Engine__CacheDirectory", _cache), ("ORRERY__Engine__Sessions", "1"),
            ("ORRERY__Engine__ThreadsPerSession", "1"), ("ORRERY__Engine__MaxBatchTokens", "4096"),
        ];
    }

    /// <summary>Where its membership is: a connection string of PostgreSQL, or a folder.</summary>
    public string Database { get; }

    /// <summary>What every silo is told beside its membership and its models.</summary>
    public (string, string)[] SiloSettings { get; init; } = [];

    /// <summary>What every front is told beside its membership.</summary>
    public (string, string)[] FrontSettings { get; init; } = [];

    /// <summary>The silos that were not told or made to end.</summary>
    public List<ClusterProcess> Silos { get; } = [];

    public List<ClusterProcess> Fronts { get; } = [];

    public ClusterProcess Front => Fronts[0];

    /// <summary>A cluster without processes yet.</summary>
    public static async Task<ProcessCluster> CreateAsync(PostgresServer postgres, Models models, (string, string)[]? silo = null, (string, string)[]? front = null) =>
        new(("CLUSTER_DATABASE", await postgres.CreateDatabaseAsync()), models.Root) { SiloSettings = silo ?? [], FrontSettings = front ?? [] };

    /// <summary>A cluster without processes yet, whose members find each other in a file.</summary>
    /// <param name="directory">The file's folder.</param>
    /// <param name="models">Of every silo.</param>
    /// <param name="silo">What every silo is told beside.</param>
    public static ProcessCluster InFile(string directory, Models models, params (string, string)[] silo) => new(("CLUSTER_DIR", directory), models.Root) { SiloSettings = silo };

    /// <summary>Starts what is missing, and waits until every process is ready and the first front sees every silo.</summary>
    public async Task GrowAsync(int silos, int fronts)
    {
        while (Silos.Count < silos)
            AddSilo();
        while (Fronts.Count < fronts)
            AddFront();
        foreach (var process in Silos.Concat(Fronts))
            await process.ReadyAsync();
        await UntilAsync(status => Silos.Count == status.Silos.Length && Silos.All(silo => status.Silos.Any(seen => seen.Silo == silo.Endpoint)), "every silo seen");
    }

    public ClusterProcess AddSilo(params (string, string)[] settings)
    {
        var silo = ClusterProcess.Silo([.. _membership, .. _engine, ("VECTOR_DIR", Path.Combine(_vectors, $"{_folders++}")), .. SiloSettings, .. settings]);
        Silos.Add(silo);
        return silo;
    }

    public ClusterProcess AddFront(params (string, string)[] settings)
    {
        var front = ClusterProcess.Front([.. _membership, .. FrontSettings, .. settings]);
        Fronts.Add(front);
        return front;
    }

    /// <summary>Ends a silo as a crash does.</summary>
    public void Kill(ClusterProcess silo)
    {
        silo.Kill();
        Silos.Remove(silo);
    }

    /// <summary>What the first front sees; nothing while it sees nobody.</summary>
    public async Task<ClusterStatus> StatusAsync()
    {
        using var answer = await Front.Http.GetAsync("/v1/cluster");
        return answer.StatusCode == HttpStatusCode.ServiceUnavailable ? new([], [], [], []) : (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<ClusterStatus>(_json))!;
    }

    /// <summary>Waits until the first front sees what is wanted.</summary>
    /// <returns>What it saw then.</returns>
    public async Task<ClusterStatus> UntilAsync(Func<ClusterStatus, bool> seen, string what)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            var status = await StatusAsync();
            if (seen(status))
                return status;
            Assert.True(clock.Elapsed < _limit, $"not seen: {what}; but {JsonSerializer.Serialize(status, _json)}\n{Logs()}");
        }
    }

    /// <summary>The silo that holds most activations of a grain's class, as Orleans' dashboard tells it.</summary>
    /// <param name="grain">A part of the class's name.</param>
    public async Task<ClusterProcess> HolderAsync(string grain)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            using var counters = JsonDocument.Parse(await Silos[0].Http.GetStringAsync("/dashboard/DashboardCounters"));
            // It may still count on a silo that was just lost.
            var found = counters.RootElement.GetProperty("simpleGrainStats").EnumerateArray()
                .Where(stat => stat.GetProperty("grainType").GetString()!.Contains(grain, StringComparison.Ordinal) && stat.GetProperty("activationCount").GetInt32() > 0)
                .OrderByDescending(stat => stat.GetProperty("activationCount").GetInt32())
                .Select(stat => Silos.Find(silo => stat.GetProperty("siloAddress").GetString()!.StartsWith(silo.Endpoint + "@", StringComparison.Ordinal)))
                .FirstOrDefault(silo => silo is not null);
            if (found is not null)
                return found;
            Assert.True(clock.Elapsed < _limit, $"nobody holds {grain}: {counters.RootElement}");
        }
    }

    /// <summary>What all processes printed.</summary>
    public string Logs() => string.Join('\n', Silos.Concat(Fronts).Select(process => $"--- {(process.SiloPort > 0 ? process.Endpoint : "front")}\n{process.Output}"));

    public ValueTask DisposeAsync()
    {
        foreach (var process in Fronts.Concat(Silos))
            process.Dispose();
        Directory.Delete(_cache, recursive: true);
        Directory.Delete(_vectors, recursive: true);
        return ValueTask.CompletedTask;
    }
}
