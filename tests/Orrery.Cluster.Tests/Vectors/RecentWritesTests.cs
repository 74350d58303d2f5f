using Orrery.Cluster.Tests.Membership;
using Orrery.Cluster.Tests.Support;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Grains.Replicas;
using Orrery.Grains.Vectors;
using Orrery.Interfaces.Wire;

namespace Orrery.Cluster.Tests.Vectors;

/// <summary>A write that comes twice, as when it was made again because a silo on its way was frozen, and that one wakes.</summary>
public sealed class RecentWritesTests
{
    private static readonly (string, Guid) _name = ("shard", Guid.NewGuid());

    [Fact]
    public async Task An_older_write_that_comes_again_does_not_undo_a_newer_one()
    {
        using var folders = new VectorFolders();
        await using var fleet = await TestFleet.StartAsync([new SiloRole { Engine = new() { ModelDirectories = [] } }], vectors: folders);
        var older = Write(1) with { Operation = Guid.NewGuid() };
        foreach (var write in (UpsertRequest[])[older, Write(2), older])
            Assert.Equal(1, (await fleet.Vectors.UpsertAsync(write, default)).Value?.Count);
        Assert.Equal(2, await ValueAsync());

        // What has no name is another write each time.
        Assert.NotNull((await fleet.Vectors.UpsertAsync(Write(1), default)).Value);
        Assert.Equal(1, await ValueAsync());

        UpsertRequest Write(float value) => new() { Index = fleet.Vectors.DefaultIndex, Namespace = "space", Ids = ["id"], Dimension = 2, Values = new[] { value, 0 } };

        async Task<float> ValueAsync() =>
            Assert.Single((await fleet.Vectors.FetchAsync(new FetchRequest { Index = fleet.Vectors.DefaultIndex, Namespace = "space", Ids = ["id"] }, default)).Value!.Records).Values.Span[0];
    }

    [Fact]
    public async Task Those_that_come_while_it_is_done_wait_for_it_and_whoever_leaves_does_not_end_it()
    {
        var writes = new RecentWrites(new StillTime());
        var end = new TaskCompletionSource<Answer<Value<int>>>();
        using var leaves = new CancellationTokenSource();
        var first = writes.OnceAsync(_name, _ => end.Task, leaves.Token);
        var second = writes.OnceAsync<Value<int>>(_name, _ => throw new InvalidOperationException(), default);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        end.SetResult(Done);
        Assert.Equal(1, (await second).Value!.It);
        Assert.Equal(1, (await writes.OnceAsync<Value<int>>(_name, _ => throw new InvalidOperationException(), default)).Value!.It);
    }

    [Fact]
    public async Task One_that_was_refused_or_failed_is_done_when_it_comes_again()
    {
        var writes = new RecentWrites(new StillTime());
        await Assert.ThrowsAsync<IOException>(() => writes.OnceAsync<Value<int>>(_name, _ => throw new IOException(), default));
        var later = new TaskCompletionSource<Answer<Value<int>>>();
        var refused = writes.OnceAsync(_name, _ => later.Task, default);
        later.SetResult(new Answer<Value<int>> { Error = new InferenceError(InferenceErrorKind.Unavailable, "full") });
        Assert.NotNull((await refused).Error);
        Assert.Equal(1, (await writes.OnceAsync(_name, _ => Task.FromResult(Done), default)).Value!.It);
    }

    [Fact]
    public async Task One_that_failed_and_came_again_is_remembered_from_then_on()
    {
        var time = new StillTime();
        var writes = new RecentWrites(time);
        var first = new TaskCompletionSource<Answer<Value<int>>>();
        var failed = writes.OnceAsync(_name, _ => first.Task, default);
        time.Pass(TimeSpan.FromMinutes(6));
        first.SetException(new IOException());
        await Assert.ThrowsAsync<IOException>(() => failed);
        await writes.OnceAsync(_name, _ => Task.FromResult(Done), default);
        time.Pass(TimeSpan.FromMinutes(6));
        Assert.Equal(1, (await writes.OnceAsync<Value<int>>(_name, _ => throw new InvalidOperationException(), default)).Value!.It);
    }

    [Fact]
    public async Task No_more_than_so_many_are_remembered_and_none_for_long()
    {
        var time = new StillTime();
        var writes = new RecentWrites(time, most: 2);
        for (var i = 0; i < 3; i++)
            await writes.OnceAsync(($"{i}", _name.Item2), _ => Task.FromResult(Done), default);
        bool[] found = [await IsNewAsync("0"), await IsNewAsync("2"), await IsNewAsync("0")];
        Assert.Equal([true, false, false], found);
        time.Pass(TimeSpan.FromHours(1));
        Assert.True(await IsNewAsync("2"));

        async Task<bool> IsNewAsync(string shard)
        {
            var isNew = false;
            await writes.OnceAsync((shard, _name.Item2), _ =>
            {
                isNew = true;
                return Task.FromResult(Done);
            }, default);
            return isNew;
        }
    }

    private static Answer<Value<int>> Done => new() { Value = new Value<int> { It = 1 } };
}
