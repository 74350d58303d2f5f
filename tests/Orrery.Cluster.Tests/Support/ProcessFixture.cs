namespace Orrery.Cluster.Tests.Support;

/// <summary>A cluster of processes that tests share, and the database server for those that start one of their own.</summary>
public sealed class ProcessFixture : IAsyncLifetime
{
    public const string Collection = "processes";

    /// <summary>The token that the shared cluster's fronts ask for; its silos know their neighbours instead.</summary>
    public const string Token = "a-token-for-the-tests";

    private readonly Models _models = new Models().With("model");
    private ProcessCluster? _shared;

    public PostgresServer Postgres { get; } = new();

    internal Models Models => _models;

    public Task InitializeAsync() => Postgres.InitializeAsync();

    public async Task DisposeAsync()
    {
        if (_shared is not null)
            await _shared.DisposeAsync();
        await Postgres.DisposeAsync();
        _models.Dispose();
    }

    /// <summary>Three silos and a front, with two replicas of "model" apart, whatever the test before did to it.</summary>
    internal async Task<ProcessCluster> SharedAsync()
    {
        _shared ??= await ProcessCluster.CreateAsync(Postgres, _models, [("ORRERY__Fleet__MinReplicas", "2")], [("ADMIN_TOKEN", Token)]);
        await _shared.GrowAsync(silos: 3, fronts: 1);
        await _shared.UntilAsync(Apart, "two replicas apart");
        return _shared;
    }

    internal static bool Apart(ClusterStatus status) => status.Replicas.Count(replica => replica.Model == "model") == 2 && status.Ready("model").Distinct().Count() == 2;
}

/// <summary>Alone: processes under load and what other tests compute would slow each other down.</summary>
[CollectionDefinition(ProcessFixture.Collection, DisableParallelization = true)]
public sealed class ProcessCollection : ICollectionFixture<ProcessFixture>;
