using System.Globalization;
using Orrery.Bench;
using Orrery.Containers.Tests.Support;

namespace Orrery.Containers.Tests.Hurt;

/// <summary>The compose file's cluster over what ships, and the report of what was done to it.</summary>
/// <param name="title">The report's.</param>
/// <param name="replicas">The least of the model; null for the default, which is meant to be two.</param>
public abstract class HurtFixture(string title, int? replicas) : IAsyncLifetime
{
    public const string Model = "orrery-mini";

    private readonly Report _report = new();
    private readonly List<string[]> _rows = [];
    private ComposeCluster? _cluster;

    internal ComposeCluster Cluster => _cluster!;

    /// <summary>How many replicas of the model the cluster holds when nothing is wrong.</summary>
    public int Replicas => replicas ?? 2;

    public async Task InitializeAsync()
    {
        _report.Title(title, $"./orrery test --containers{(Run.Full ? " --full" : "")}");
        _cluster = await ComposeCluster.StartAsync((name, service) =>
        {
            // For all alike: the front passes over what it does not read.
            if (replicas is { } least && (name == ComposeCluster.Front || name.StartsWith("silo-", StringComparison.Ordinal)))
                ComposeCluster.Set(service, ("ORRERY__Fleet__MinReplicas", least.ToString(CultureInfo.InvariantCulture)));
        });
    }

    public async Task DisposeAsync()
    {
        _report.Line("Two silos of compose.yaml, a front and PostgreSQL; eight clients of /v1/score with the default deadline of 30 s, or of /v1/embeddings with an upsert of four texts. Rates are of answers 200, counted each second.");
        _report.Table("What clients saw", Phase.Columns, _rows);
        if (_rows.Count > 0 && Environment.GetEnvironmentVariable("ORRERY_CONTAINERS_REPORT") is { Length: > 0 } path)
            _report.Save(path);
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    internal void Add(params IEnumerable<Phase> phases)
    {
        foreach (var phase in phases)
            _rows.Add(phase.Row());
    }
}

/// <summary>As it is when nothing is set.</summary>
public sealed class DefaultFixture() : HurtFixture("Containers, hurt: as it is by default", null)
{
    public const string Collection = "hurt, by default";
}

/// <summary>One replica of a model that nobody asks much of.</summary>
public sealed class OneReplicaFixture() : HurtFixture("Containers, hurt: Fleet:MinReplicas 1", 1)
{
    public const string Collection = "hurt, with one replica";
}

[CollectionDefinition(DefaultFixture.Collection)]
public sealed class DefaultCollection : ICollectionFixture<DefaultFixture>;

[CollectionDefinition(OneReplicaFixture.Collection)]
public sealed class OneReplicaCollection : ICollectionFixture<OneReplicaFixture>;
