using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using Orrery.Cluster.Tests.Support;

namespace Orrery.Cluster.Tests.Tables;

/// <summary>Orleans' silos and client over our tables.</summary>
[Collection(PostgresServer.Collection)]
public sealed class SiloTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private TableDatabase _database = null!;
    private Orrery.Hosting.Settings.ClusterOptions _lent = null!;
    private TableSilo _a = null!;
    private TableSilo _b = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _b.DisposeAsync();
        await _a.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Theory, InSqlite, InPostgres]
    public async Task A_silo_that_died_is_declared_dead_by_the_other_and_a_client_goes_on(string kind)
    {
        await StartAsync(kind);
        using var client = await TableSilo.ConnectAsync(_database.Options);
        var grains = client.Services.GetRequiredService<IClusterClient>();
        var note = await OnAsync(grains, "b");
        Assert.Equal(5, await note.AddAsync(5));
        Assert.Equal(["3", "3"], await _database.QueryAsync("SELECT status FROM orrery_silo"));

        await _database.CutOffAsync();
        var dead = _b.Address;
        var crash = _b.CrashAsync();
        var suspicions = await EventuallyAsync(
            () => _database.QueryAsync($"SELECT suspicions FROM orrery_silo WHERE status = {(int)SiloStatus.Dead}"), rows => rows.Length > 0);
        Assert.StartsWith(_a.Address.ToParsableString(), Assert.Single(suspicions), StringComparison.Ordinal);
        Assert.Equal([$"{dead.Endpoint.Port}"], await _database.QueryAsync($"SELECT port FROM orrery_silo WHERE status = {(int)SiloStatus.Dead}"));
        await crash;

        Assert.Equal(7, await EventuallyAsync(() => note.AddAsync(2), _ => true));
        Assert.Equal("a", await note.WhereAsync());
        await client.StopAsync();
    }

    [Theory, InSqlite, InPostgres]
    public async Task State_is_found_again_after_its_silo_was_restarted(string kind)
    {
        await StartAsync(kind);
        var note = await OnAsync(_a.Grains, "b");
        Assert.Equal(40, await note.AddAsync(40));
        await _b.StopAsync();
        await _b.DisposeAsync();
        Assert.Equal(41, await note.AddAsync(1));
        _b = await TableSilo.StartAsync("b", _lent);
        Assert.Equal(42, await _b.Grains.GetGrain<INoteGrain>(note.GetPrimaryKeyString()).AddAsync(1));
        Assert.Equal(["3", "3", "6"], await _database.QueryAsync("SELECT status FROM orrery_silo ORDER BY status"));
    }

    [Theory, InSqlite, InPostgres]
    public async Task Silos_show_that_they_live(string kind)
    {
        await StartAsync(kind);
        const string Latest = "SELECT CAST(min(alive_at) AS text) FROM orrery_silo";
        var before = await _database.QueryAsync(Latest);
        await EventuallyAsync(() => _database.QueryAsync(Latest), now => now[0] != before[0]);
    }

    [Theory, InSqlite, InPostgres]
    public async Task A_write_after_somebody_elses_fails(string kind)
    {
        await StartAsync(kind);
        var (a, b) = (_a.StorageOf(TableSilo.Storage), _b.StorageOf(TableSilo.Storage));
        var id = GrainId.Create("note", "a/contended");
        var (first, second) = (new GrainState<Note>(new()), new GrainState<Note>(new()));
        first.State!.Sum = 1;
        await a.WriteStateAsync("note", id, first);
        await Assert.ThrowsAsync<InconsistentStateException>(() => b.WriteStateAsync("note", id, second));

        await b.ReadStateAsync("note", id, second);
        Assert.Equal((1, first.ETag, true), (second.State!.Sum, second.ETag, second.RecordExists));
        second.State.Sum = 2;
        await b.WriteStateAsync("note", id, second);
        first.State.Sum = 3;
        await Assert.ThrowsAsync<InconsistentStateException>(() => a.WriteStateAsync("note", id, first));
        await Assert.ThrowsAsync<InconsistentStateException>(() => a.ClearStateAsync("note", id, first));
        await a.ReadStateAsync("note", id, first);
        Assert.Equal(2, first.State.Sum);
    }

    [Theory, InSqlite, InPostgres]
    public async Task Of_many_writes_of_one_version_one_succeeds(string kind)
    {
        await StartAsync(kind);
        var storage = _a.StorageOf(TableSilo.Storage);
        var id = GrainId.Create("note", "a/crowded");
        foreach (var version in new string?[] { null, "1" })
        {
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                try
                {
                    await storage.WriteStateAsync("note", id, new GrainState<Note>(new(), version));
                    return true;
                }
                catch (InconsistentStateException)
                {
                    return false;
                }
            })));
            Assert.Single(outcomes, true);
        }
    }

    [Theory]
    [InSqlite(TableSilo.Storage, 1)]
    [InSqlite(TableSilo.DeletingStorage, 0)]
    [InPostgres(TableSilo.Storage, 1)]
    [InPostgres(TableSilo.DeletingStorage, 0)]
    public async Task Cleared_state_is_as_new_and_can_be_written_again(string kind, string name, int rows)
    {
        await StartAsync(kind);
        var storage = _a.StorageOf(name);
        var id = GrainId.Create("note", "a/cleared");
        var state = new GrainState<Note>(new() { Sum = 1 });
        await storage.WriteStateAsync("note", id, state);
        await storage.ClearStateAsync("note", id, state);
        Assert.Equal((0, false), (state.State!.Sum, state.RecordExists));
        Assert.Equal([$"{rows}"], await _database.QueryAsync("SELECT count(*) FROM orrery_grain_state"));

        var other = new GrainState<Note>();
        await _b.StorageOf(name).ReadStateAsync("note", id, other);
        Assert.Equal((0, state.ETag), (other.State!.Sum, other.ETag));
        other.State.Sum = 2;
        await _b.StorageOf(name).WriteStateAsync("note", id, other);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("note", id, state));
    }

    [Theory, InSqlite, InPostgres]
    public async Task Keys_of_every_kind_are_apart(string kind)
    {
        await StartAsync(kind);
        var storage = _a.StorageOf(TableSilo.Storage);
        var type = GrainType.Create("note");
        GrainId[] ids =
        [
            GrainId.Create("note", "text"), GrainId.Create("note", "Text"), GrainId.Create("note", "text "), GrainId.Create("note", new string('k', 2000)),
            GrainId.Create(type, GrainIdKeyExtensions.CreateIntegerKey(7)), GrainId.Create(type, GrainIdKeyExtensions.CreateIntegerKey(-7)),
            GrainId.Create(type, GrainIdKeyExtensions.CreateIntegerKey(7, "text")), GrainId.Create(type, GrainIdKeyExtensions.CreateGuidKey(new Guid(7, 0, 0, new byte[8]))),
            GrainId.Create(type, GrainIdKeyExtensions.CreateGuidKey(new Guid(7, 0, 0, new byte[8]), "text")),
        ];
        for (var i = 0; i < ids.Length; i++)
            await storage.WriteStateAsync("note", ids[i], new GrainState<Note>(new() { Sum = i }));
        await storage.WriteStateAsync("other", ids[0], new GrainState<Note>(new() { Sum = 100 }));
        for (var i = 0; i < ids.Length; i++)
        {
            var state = new GrainState<Note>();
            await storage.ReadStateAsync("note", ids[i], state);
            Assert.Equal(i, state.State!.Sum);
        }
    }

    /// <summary>Two silos; the second can be cut off from the database.</summary>
    private async Task StartAsync(string kind)
    {
        _database = await TableDatabase.CreateAsync(kind, server);
        _lent = await _database.LendAsync();
        _a = await TableSilo.StartAsync("a", _database.Options);
        _b = await TableSilo.StartAsync("b", _lent);
    }

    /// <summary>A grain that Orleans placed on the silo.</summary>
    private static async Task<INoteGrain> OnAsync(IGrainFactory grains, string silo)
    {
        for (var number = 0; ; number++)
        {
            var note = grains.GetGrain<INoteGrain>($"note/{number}");
            if (await note.WhereAsync() == silo)
                return note;
        }
    }

    /// <summary>Asks until the answer is the awaited one; a cluster that loses a silo may fail calls meanwhile.</summary>
    private static async Task<T> EventuallyAsync<T>(Func<Task<T>> ask, Func<T, bool> awaited)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            try
            {
                var answer = await ask();
                if (awaited(answer))
                    return answer;
                Assert.True(waited.Elapsed < s_patience, $"still {answer} after {s_patience}");
            }
            catch (Exception e) when (waited.Elapsed < s_patience && e is OrleansException or TimeoutException)
            {
                // Asked too early.
            }
        }
    }
}
