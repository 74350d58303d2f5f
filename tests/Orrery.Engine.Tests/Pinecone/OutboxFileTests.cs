using System.Text;
using Orrery.Engine.Tests.Support;
using Orrery.Engine.Vectors.Outbox;
using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Tests.Pinecone;

public sealed class OutboxFileTests
{
    private static readonly Lane _lane = new("talks", "ns");

    private readonly VirtualTime _time = new();
    private readonly string _path = Path.Combine(Repository.Temporary(), "folder", "outbox.db");

    [Fact]
    public async Task What_was_added_is_there_in_order_after_it_was_closed()
    {
        using (var outbox = Open())
        {
            Assert.Null(await outbox.AddAsync(_lane, [Call("1", 2), Call("2", 3)], default));
            Assert.Null(await outbox.AddAsync(new Lane("talks", "other"), [Call("3", 1)], default));
        }

        using var again = Open();
        Assert.Equal(6, again.Records);
        Assert.Equal([_lane, new Lane("talks", "other")], again.Lanes.OrderBy(lane => lane.Namespace));
        var entries = await again.FirstAsync(_lane, default);
        Assert.Equal(["1", "2"], entries.Select(Body));
        Assert.All(entries, entry => Assert.Equal(("POST", "/vectors/upsert", Rig.Mini), (entry.Call.Method, entry.Call.Path, entry.Call.Model)));
        await again.RemoveAsync(entries, 1);
        Assert.Equal("2", Body(Assert.Single(await again.FirstAsync(_lane, default))));
        await again.RemoveAsync(entries, 2);
        Assert.Empty(await again.FirstAsync(_lane, default));
        Assert.False(again.Holds(_lane));
        Assert.Equal(1, again.Records);
    }

    [Fact]
    public async Task What_does_not_fit_is_refused_whole()
    {
        using var outbox = OutboxFile.Open(_path, 10, 1_000, _time).Value!;
        Assert.Null(await outbox.AddAsync(_lane, [Call("1", 8)], default));
        var full = await outbox.AddAsync(_lane, [Call("2", 1), Call("3", 2)], default);
        Assert.Equal(InferenceErrorKind.Overloaded, full!.Kind);
        Assert.Contains("the outbox is full: 8 records", full.Message, StringComparison.Ordinal);
        Assert.NotNull(full.RetryAfter);
        Assert.Equal(InferenceErrorKind.Overloaded, (await outbox.AddAsync(_lane, [Call(new string('x', 1_000), 1)], default))!.Kind);
        Assert.Equal(8, outbox.Records);

        await outbox.RemoveAsync(await outbox.FirstAsync(_lane, default), 1);
        Assert.Null(await outbox.AddAsync(_lane, [Call("2", 10)], default));
    }

    [Fact]
    public async Task The_bound_holds_over_restarts()
    {
        using (var outbox = OutboxFile.Open(_path, 10, 1_000_000, _time).Value!)
            Assert.Null(await outbox.AddAsync(_lane, [Call("1", 9)], default));
        using var again = OutboxFile.Open(_path, 10, 1_000_000, _time).Value!;
        Assert.NotNull(await again.AddAsync(_lane, [Call("2", 2)], default));
    }

    [Fact]
    public async Task What_is_moved_aside_is_kept_with_its_reason()
    {
        using (var outbox = Open())
        {
            await outbox.AddAsync(_lane, [Call("bad", 2), Call("good", 1)], default);
            await outbox.BuryAsync((await outbox.FirstAsync(_lane, default))[0], "too long");
            Assert.Equal("good", Body(Assert.Single(await outbox.FirstAsync(_lane, default))));
        }

        using var again = Open();
        var letter = Assert.Single((await again.DeadAsync(10, default)).Value!);
        Assert.Equal(("bad", "too long", 2, "POST /vectors/upsert"), (Encoding.UTF8.GetString(letter.Body.Span), letter.Reason, letter.Records, letter.Call));
        Assert.Equal(1, again.Records);
    }

    [Fact]
    public async Task The_oldest_is_as_old_as_the_clock_says()
    {
        using var outbox = Open();
        Assert.Equal(TimeSpan.Zero, outbox.Oldest());
        await outbox.AddAsync(_lane, [Call("1", 1)], default);
        _time.Advance(TimeSpan.FromSeconds(30));
        await outbox.AddAsync(_lane, [Call("2", 1)], default);
        Assert.Equal(TimeSpan.FromSeconds(30), outbox.Oldest());
        await outbox.RemoveAsync(await outbox.FirstAsync(_lane, default), 2);
        Assert.Equal(TimeSpan.Zero, outbox.Oldest());
    }

    [Fact]
    public void A_file_from_the_future_is_refused_and_left_as_it_is()
    {
        Open().Dispose();
        using (var connection = SqliteConnection.Open(_path, create: false))
            connection.Execute("PRAGMA user_version = 7");
        var before = File.ReadAllBytes(_path);
        var error = OutboxFile.Open(_path, 10, 1_000, _time).Error!;
        Assert.Equal(InferenceErrorKind.Unavailable, error.Kind);
        Assert.Contains("is of version 7", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_path));
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_and_left_as_it_is()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        File.WriteAllText(_path, new string('x', 5_000));
        Assert.Equal(InferenceErrorKind.Unavailable, OutboxFile.Open(_path, 10, 1_000, _time).Error!.Kind);
        Assert.Equal(new string('x', 5_000), File.ReadAllText(_path));
    }

    [Fact]
    public void Only_one_has_the_file_at_a_time()
    {
        using (Open())
            Assert.Contains("is in use by another process", OutboxFile.Open(_path, 10, 1_000, _time).Error!.Message, StringComparison.Ordinal);
        Open().Dispose();
    }

    [Fact]
    public async Task What_is_read_at_a_time_is_bounded()
    {
        using var outbox = OutboxFile.Open(_path, 100_000, 1 << 30, _time).Value!;
        var large = Call(new string('x', OutboxStatements.ReadBytes - 10), 1);
        await outbox.AddAsync(_lane, [large, Call("small", 1), large, .. Enumerable.Repeat(Call("s", 1), 1_500)], default);
        Assert.Equal(2, (await outbox.FirstAsync(_lane, default)).Count);
        await outbox.RemoveAsync(await outbox.FirstAsync(_lane, default), 2);
        await outbox.RemoveAsync(await outbox.FirstAsync(_lane, default), 1);
        Assert.Equal(OutboxStatements.ReadEntries, (await outbox.FirstAsync(_lane, default)).Count);
    }

    private static string Body(OutboxEntry entry) => Encoding.UTF8.GetString(entry.Call.Body.Span);

    private static OutboxCall Call(string body, int records) => new("POST", "/vectors/upsert", Encoding.UTF8.GetBytes(body), records, Rig.Mini);

    private OutboxFile Open() => OutboxFile.Open(_path, 1_000, 1_000_000, _time).Value!;
}
