using System.Diagnostics;
using System.Net;
using Microsoft.Data.Sqlite;
using Orrery.Cluster.Tests.Support;
using Xunit.Abstractions;

namespace Orrery.Cluster.Tests.Processes;

/// <summary>A cluster as <c>orrery cluster up</c> starts it: processes of one machine that find each other in a file.</summary>
[Collection(ProcessFixture.Collection)]
public sealed class FileClusterTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-file-").FullName;
    private readonly Models _models = new Models().With("model").With("spare");

    public void Dispose()
    {
        _models.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Survives_the_loss_of_any_silo_and_of_all_and_remembers()
    {
        await using var cluster = ProcessCluster.InFile(Path.Combine(_folder, "cluster"), _models, ("ORRERY__Fleet__MinReplicas", "2"));
        // The front first: there is no file yet.
        cluster.AddFront();
        await cluster.GrowAsync(silos: 2, fronts: 1);
        await cluster.UntilAsync(ProcessFixture.Apart, "two replicas apart");
        using (var unloaded = await cluster.Front.Http.PostAsync("/v2/repository/models/spare/unload", null))
            Assert.Equal(HttpStatusCode.OK, unloaded.StatusCode);

        // Whoever was first, and with it the registry.
        cluster.Kill(cluster.Silos[0]);
        await AnswersAsync(cluster, times: 30);
        await GrowsAgainAsync(cluster);

        // The one that was second.
        cluster.Kill(cluster.Silos[0]);
        await AnswersAsync(cluster, times: 30);
        await GrowsAgainAsync(cluster);

        // Both at once, whatever they were writing.
        cluster.Kill(cluster.Silos[0]);
        cluster.Kill(cluster.Silos[0]);
        await GrowsAgainAsync(cluster);
        await AnswersAsync(cluster, times: 1);
        Assert.Equal("ok", Check());
    }

    [Fact]
    public async Task Silos_that_start_at_once_make_one_file_and_one_cluster()
    {
        await using var cluster = ProcessCluster.InFile(Path.Combine(_folder, "made", "by", "them"), _models);
        await cluster.GrowAsync(silos: 3, fronts: 1);
        await AnswersAsync(cluster, times: 1);
    }

    [Fact]
    public async Task A_silo_says_why_it_cannot_have_its_file()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "no folder");
        using var below = ClusterProcess.Silo(("CLUSTER_DIR", Path.Combine(file, "cluster")), ("ORRERY__Server__ShutdownTimeout", "00:00:01"));
        Directory.CreateDirectory(Path.Combine(_folder, "other"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "other", "cluster.db"), new string('x', 5000));
        using var other = ClusterProcess.Silo(("CLUSTER_DIR", Path.Combine(_folder, "other")), ("ORRERY__Server__ShutdownTimeout", "00:00:01"));

        Assert.Equal((2, 2), (await below.EndAsync(), await other.EndAsync()));
        Assert.Contains($"orrery-silo: the cluster's file {file}/cluster/cluster.db cannot be made: ", below.Output, StringComparison.Ordinal);
        Assert.Contains("cluster.db: it is no database, or damaged", other.Output, StringComparison.Ordinal);
    }

    /// <summary>Requests that are sent one after the other are all answered.</summary>
    private async Task AnswersAsync(ProcessCluster cluster, int times)
    {
        var longest = TimeSpan.Zero;
        for (var i = 0; i < times; i++)
        {
            var clock = Stopwatch.StartNew();
            using var answer = await cluster.Front.Http.PostAsync("/v1/embeddings", Json.Of(new { model = "model", input = $"text {i}" }));
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}\n{cluster.Logs()}");
            longest = clock.Elapsed > longest ? clock.Elapsed : longest;
        }

        output.WriteLine($"{times} requests, the longest {longest.TotalSeconds:f2} s");
    }

    /// <summary>Silos in place of those that are lost join, and what the registry knew is known.</summary>
    private async Task GrowsAgainAsync(ProcessCluster cluster)
    {
        var clock = Stopwatch.StartNew();
        await cluster.GrowAsync(silos: 2, fronts: 1);
        await cluster.UntilAsync(status => ProcessFixture.Apart(status) && status.Models.Any(model => model is { Model: "spare", State: "unloaded" }), "two replicas apart and the spare model left unloaded");
        output.WriteLine($"whole again {clock.Elapsed.TotalSeconds:f2} s after the new silos were started");
    }

    private string? Check()
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "cluster", "cluster.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        return (string?)command.ExecuteScalar();
    }
}
