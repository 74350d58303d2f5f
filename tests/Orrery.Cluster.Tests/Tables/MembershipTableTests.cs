using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Membership;
using Orleans.Runtime.MembershipService;
using Orrery.Cluster.Tests.Support;

namespace Orrery.Cluster.Tests.Tables;

/// <summary>What Orleans asks of a membership table, asked of its own provider over our tables.</summary>
[Collection(PostgresServer.Collection)]
public sealed class MembershipTableTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly DateTime s_start = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private TableDatabase _database = null!;
    private AdoNetClusteringTable _table = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Theory, InSqlite, InPostgres]
    public async Task A_new_cluster_has_version_0_and_no_members(string kind)
    {
        await StartAsync(kind);
        var all = await _table.ReadAllAsync();
        Assert.Equal((0, "0"), (all.Version.Version, all.Version.VersionEtag));
        Assert.Empty(all.Members);
        await OpenAsync("one");
        Assert.Equal(0, (await _table.ReadAllAsync()).Version.Version);
    }

    [Theory, InSqlite, InPostgres]
    public async Task A_member_is_read_as_it_was_inserted(string kind)
    {
        await StartAsync(kind);
        var inserted = Member(1, SiloStatus.Joining);
        Assert.True(await InsertAsync(inserted));
        Assert.True(await InsertAsync(Member(2, SiloStatus.Active)));

        var row = await _table.ReadRowAsync(inserted.SiloAddress);
        Assert.Equal(2, row.Version.Version);
        var read = Assert.Single(row.Members).Item1;
        Assert.Equal(inserted.ToFullString(), read.ToFullString());
        Assert.Equal((inserted.ProxyPort, inserted.HostName, DateTimeKind.Utc), (read.ProxyPort, read.HostName, read.StartTime.Kind));
        Assert.Empty((await _table.ReadRowAsync(Member(3, SiloStatus.Active).SiloAddress)).Members);
        Assert.Equal(2, (await _table.ReadAllAsync()).Members.Count);
    }

    [Theory, InSqlite, InPostgres]
    public async Task An_insert_fails_without_a_trace_for_an_old_version_and_for_a_known_silo(string kind)
    {
        await StartAsync(kind);
        Assert.True(await InsertAsync(Member(1, SiloStatus.Active)));
        Assert.False(await _table.InsertRowAsync(Member(2, SiloStatus.Active), new(1, "0")));
        Assert.False(await InsertAsync(Member(1, SiloStatus.Active)));
        var all = await _table.ReadAllAsync();
        Assert.Equal((1, 1), (all.Version.Version, all.Members.Count));
    }

    [Theory, InSqlite, InPostgres]
    public async Task An_update_changes_status_and_suspicions_and_fails_without_a_trace_otherwise(string kind)
    {
        await StartAsync(kind);
        var member = Member(1, SiloStatus.Active);
        Assert.True(await InsertAsync(member));
        var suspicious = Member(2, SiloStatus.Active).SiloAddress;
        member.Status = SiloStatus.Dead;
        member.AddSuspector(suspicious, s_start.AddMinutes(1));

        // A row's ETag is the version of the table that it was read with.
        Assert.False(await _table.UpdateRowAsync(member, "0", new(2, "0")));
        Assert.False(await _table.UpdateRowAsync(member, "0", new(2, "1")));
        Assert.False(await _table.UpdateRowAsync(Member(3, SiloStatus.Dead), "1", new(2, "1")));
        Assert.Equal((1, SiloStatus.Active), await ReadAsync(member));

        Assert.True(await _table.UpdateRowAsync(member, "1", new(2, "1")));
        Assert.Equal((2, SiloStatus.Dead), await ReadAsync(member));
        var suspicion = Assert.Single((await _table.ReadRowAsync(member.SiloAddress)).Members[0].Item1.SuspectTimes!);
        Assert.Equal((suspicious, s_start.AddMinutes(1)), (suspicion.Item1, suspicion.Item2));
    }

    [Theory, InSqlite, InPostgres]
    public async Task Of_many_changes_of_one_version_one_succeeds(string kind)
    {
        await StartAsync(kind);
        var members = Enumerable.Range(1, 8).Select(i => Member(i, SiloStatus.Active)).ToArray();
        var inserted = await Task.WhenAll(members.Select(m => Task.Run(() => _table.InsertRowAsync(m, new(1, "0")))));
        Assert.Single(inserted, true);
        var (member, etag) = (await _table.ReadAllAsync()).Members.Single();
        var updated = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _table.UpdateRowAsync(member, etag, new(2, "1")))));
        Assert.Single(updated, true);
        Assert.Equal(2, (await _table.ReadAllAsync()).Version.Version);
    }

    [Theory, InSqlite, InPostgres]
    public async Task A_sign_of_life_changes_its_time_alone(string kind)
    {
        await StartAsync(kind);
        var member = Member(1, SiloStatus.Active);
        await InsertAsync(member);
        member.IAmAliveTime = s_start.AddHours(1);
        member.Status = SiloStatus.Dead;
        await _table.UpdateIAmAliveAsync(member);
        Assert.Equal((1, SiloStatus.Active), await ReadAsync(member));
        Assert.Equal(s_start.AddHours(1), (await _table.ReadRowAsync(member.SiloAddress)).Members[0].Item1.IAmAliveTime);
    }

    [Theory, InSqlite, InPostgres]
    public async Task Cleaning_up_removes_the_dead_of_before_and_nobody_else(string kind)
    {
        await StartAsync(kind);
        var old = Member(1, SiloStatus.Dead);
        var silent = Member(2, SiloStatus.Active);
        var recent = Member(3, SiloStatus.Dead);
        recent.IAmAliveTime = s_start.AddDays(2);
        foreach (var member in new[] { old, silent, recent })
            Assert.True(await InsertAsync(member));
        await _table.CleanupDefunctSiloEntriesAsync(s_start.AddDays(1));
        Assert.Equal([silent.SiloAddress, recent.SiloAddress], (await _table.ReadAllAsync()).Members.Select(m => m.Item1.SiloAddress).Order());
    }

    [Theory, InSqlite, InPostgres]
    public async Task Clients_find_the_gateways_of_active_silos_of_their_cluster(string kind)
    {
        await StartAsync(kind);
        var active = Member(1, SiloStatus.Active);
        var closed = Member(4, SiloStatus.Active);
        closed.ProxyPort = 0;
        foreach (var member in new[] { active, Member(2, SiloStatus.Joining), Member(3, SiloStatus.Dead), closed })
            Assert.True(await InsertAsync(member));
        var other = await OpenAsync("two");
        Assert.True(await other.InsertRowAsync(Member(5, SiloStatus.Active), new(1, "0")));

        var gateways = new AdoNetGatewayListProvider(NullLogger<AdoNetGatewayListProvider>.Instance, new ServiceCollection().BuildServiceProvider(),
            Options.Create(new AdoNetClusteringClientOptions { Invariant = _database.Options.Invariant, ConnectionString = _database.Options.ConnectionString }),
            Options.Create(new GatewayOptions()), Options.Create(new ClusterOptions { ClusterId = "one", ServiceId = "service" }));
        await gateways.InitializeGatewayListProvider();
        Assert.Equal([SiloAddress.New(IPAddress.Loopback, active.ProxyPort, active.SiloAddress.Generation).ToGatewayUri()], await gateways.GetGateways());
    }

    [Theory, InSqlite, InPostgres]
    public async Task Deleting_a_cluster_leaves_the_others(string kind)
    {
        await StartAsync(kind);
        await InsertAsync(Member(1, SiloStatus.Active));
        var other = await OpenAsync("two");
        Assert.True(await other.InsertRowAsync(Member(1, SiloStatus.Active), new(1, "0")));
        await _table.DeleteMembershipTableEntriesAsync("one");
        Assert.Equal(["two"], await _database.QueryAsync("SELECT cluster_id FROM orrery_silo UNION SELECT cluster_id FROM orrery_cluster"));
    }

    private async Task StartAsync(string kind)
    {
        _database = await TableDatabase.CreateAsync(kind, server);
        _table = await OpenAsync("one");
    }

    private async Task<bool> InsertAsync(MembershipEntry member) => await _table.InsertRowAsync(member, (await _table.ReadAllAsync()).Version.Next());

    private async Task<(int Version, SiloStatus Status)> ReadAsync(MembershipEntry member)
    {
        var row = await _table.ReadRowAsync(member.SiloAddress);
        return (row.Version.Version, row.Members.Single().Item1.Status);
    }

    private static MembershipEntry Member(int number, SiloStatus status) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, 11000 + number, 1_000_000 + number),
        SiloName = $"silo-{number}",
        HostName = "host",
        Status = status,
        ProxyPort = 30000 + number,
        StartTime = s_start,
        IAmAliveTime = s_start,
    };

    private async Task<AdoNetClusteringTable> OpenAsync(string cluster)
    {
        var table = new AdoNetClusteringTable(new ServiceCollection().BuildServiceProvider(),
            Options.Create(new ClusterOptions { ClusterId = cluster, ServiceId = "service" }),
            Options.Create(new AdoNetClusteringSiloOptions { Invariant = _database.Options.Invariant, ConnectionString = _database.Options.ConnectionString }),
            NullLogger<AdoNetClusteringTable>.Instance);
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true);
        return table;
    }
}
