using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService;
using Orrery.Api.Tests.Support;
using Orrery.Cluster.Tests.Support;
using Orrery.Cluster.Tests.Tables;
using Orrery.Engine.Vectors;
using Orrery.Grains.Registry;
using Orrery.Grains.Vectors;
using Orrery.Silo.Tables.Postgres;
using Database = Orrery.Hosting.Settings.ClusterOptions;

namespace Orrery.Cluster.Tests.Compatibility;

/// <summary>A database that the version on Orleans 10.2 made and wrote to.</summary>
[Collection(PostgresServer.Collection)]
public sealed class OlderDatabaseTests(PostgresServer server)
{
    [PostgresFact]
    public async Task Its_members_and_its_grains_states_are_read_and_written_on()
    {
        var database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, await File.ReadAllTextAsync(Repository.Path("tests", "Orrery.Cluster.Tests", "Compatibility", "database-of-10.2.sql")));
        Assert.True((await TableCreator.CreateAsync(database, CancellationToken.None)).IsReady);

        var table = new AdoNetClusteringTable(new ServiceCollection().BuildServiceProvider(),
            Options.Create(new ClusterOptions { ClusterId = "orrery", ServiceId = "orrery" }),
            Options.Create(new AdoNetClusteringSiloOptions { Invariant = "Npgsql", ConnectionString = database }),
            NullLogger<AdoNetClusteringTable>.Instance);
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true);
        var all = await table.ReadAllAsync();
        Assert.Equal(5, all.Version.Version);
        var dead = all.Members.Single(member => member.Item1.SiloName == "silo-2").Item1;
        Assert.Equal((SiloAddress.New(IPAddress.Parse("10.0.0.2"), 11111, 138000002), SiloStatus.Dead), (dead.SiloAddress, dead.Status));
        Assert.Equal(
            (SiloAddress.New(IPAddress.Parse("10.0.0.1"), 11111, 138000001), new DateTime(2026, 5, 4, 10, 0, 4, 250, DateTimeKind.Utc)), (dead.SuspectTimes![0].Item1, dead.SuspectTimes[0].Item2));
        var (live, etag) = all.Members.Single(member => member.Item1.SiloName == "silo-1");
        Assert.Equal(SiloStatus.Active, live.Status);
        live.Status = SiloStatus.ShuttingDown;
        Assert.True(await table.UpdateRowAsync(live, etag, all.Version.Next()));

        await using var silo = await TableSilo.StartAsync("newer", new Database { Database = database });
        var storage = silo.StorageOf(TableSilo.Storage);
        var catalogue = new GrainState<CatalogueState>();
        await storage.ReadStateAsync("catalogue", GrainId.Create("registry", "0"), catalogue);
        Assert.Equal("3", catalogue.ETag);
        Assert.Equal(new CatalogueEntry("sha256:aa", Served: true), catalogue.State!.Models["minilm"]);
        Assert.Equal(new CatalogueEntry("sha256:bb", Served: false), catalogue.State.Models["old"]);
        catalogue.State.Models["new"] = new CatalogueEntry("sha256:cc", Served: true);
        await storage.WriteStateAsync("catalogue", GrainId.Create("registry", "0"), catalogue);
        // What the version before reads, while both run: types by the names that it knows.
        var written = Assert.Single(await PostgresServer.QueryAsync(database, "SELECT convert_from(payload, 'UTF8') FROM orrery_grain_state WHERE state_name = 'catalogue'"));
        Assert.Contains("""
            "minilm":{"$id":"3","$type":"Orrery.Grains.Registry.CatalogueEntry, Orrery.Grains","Digest":"sha256:aa","Served":true}
            """, written, StringComparison.Ordinal);

        var vectors = new GrainState<DirectoryState>();
        await storage.ReadStateAsync("vectors", GrainId.Create("vectordirectory", "0"), vectors);
        Assert.Equal((7, true), (vectors.State!.Generation, vectors.State.Stores.SetEquals(["s1", "s2"])));
        var index = vectors.State.Indexes["texts"];
        Assert.Equal((384, 2, true, "search"), (index.Spec.Dimension, index.Shards, index.Spec.DeletionProtected, index.Spec.Tags!["team"]));
        var space = index.Namespaces["kept"];
        Assert.Equal((7, 384, new EmbeddingModel("minilm", "sha256:aa"), false), (space.Generation, space.Dimension, space.Model, space.Leaving));
        Assert.Equal("s1 s2", string.Join(' ', space.Stores));
    }
}
