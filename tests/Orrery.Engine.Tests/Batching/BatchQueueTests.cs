using FsCheck;
using FsCheck.Fluent;
using Orrery.Engine.Batching;

namespace Orrery.Engine.Tests.Batching;

public sealed class BatchQueueTests
{
    private static readonly BatchPolicy _policy = new(MaxTokens: 512, MaxItems: 32, MaxPadding: 0.04, MinTokens: 64, BulkEvery: 8);
    private readonly BatchQueue _queue = new(_policy, 512);
    private readonly List<QueueEntry> _batch = [];
    private readonly List<QueueEntry> _expired = [];

    [Fact]
    public void Gives_what_is_there_without_waiting_for_more()
    {
        Add(10);
        Assert.True(Take());
        Assert.Single(_batch);
        Assert.False(Take());
    }

    [Fact]
    public void Starts_from_the_oldest_and_joins_only_texts_of_similar_length()
    {
        var oldest = Add(100);
        var shortOne = Add(10);
        var similar = Add(98);
        Assert.True(Take());
        Assert.Equal([oldest, similar], _batch);
        Assert.True(Take());
        Assert.Equal([shortOne], _batch);
    }

    [Fact]
    public void Runs_a_text_longer_than_the_token_budget_alone()
    {
        var queue = new BatchQueue(_policy with { MaxTokens = 64 }, 512);
        queue.Add(new Entry { Length = 500 }, 0);
        queue.Add(new Entry { Length = 500 }, 0);
        Assert.True(queue.TryTake(0, 1, _batch, _expired));
        Assert.Single(_batch);
    }

    [Fact]
    public void Takes_no_more_items_than_allowed()
    {
        for (var i = 0; i < 40; i++)
            Add(2);
        Assert.True(Take());
        Assert.Equal(32, _batch.Count);
    }

    [Fact]
    public void Shares_what_is_there_between_idle_sessions()
    {
        for (var i = 0; i < 16; i++)
            Add(20);
        Assert.True(_queue.TryTake(0, 2, _batch, _expired));
        Assert.Equal(8, _batch.Count);
    }

    [Fact]
    public void Does_not_split_a_batch_too_small_to_be_worth_two_runs()
    {
        for (var i = 0; i < 4; i++)
            Add(16);
        Assert.True(_queue.TryTake(0, 2, _batch, _expired));
        Assert.Equal(4, _batch.Count);
    }

    [Fact]
    public void Runs_interactive_work_before_older_bulk_work()
    {
        var bulk = Add(10, Priority.Bulk, at: 0);
        var interactive = Add(300, at: 500_000);
        Assert.True(Take(500_000));
        Assert.Equal([interactive], _batch);
        Assert.True(Take(500_000));
        Assert.Equal([bulk], _batch);
    }

    [Fact]
    public void Gives_one_batch_in_eight_to_bulk_work_however_much_interactive_work_waits()
    {
        var bulk = Add(10, Priority.Bulk);
        var turns = 0;
        do
        {
            Add(300);
            Assert.True(Take());
            turns++;
        }
        while (_batch[0] != bulk);
        Assert.Equal(8, turns);
    }

    [Fact]
    public void Lets_no_more_younger_work_overtake_than_its_window_holds()
    {
        Add(10);
        var waiting = Add(300);
        var overtaking = 0;
        while (true)
        {
            for (var i = 0; i < 20; i++)
                Add(10);
            Assert.True(Take());
            if (_batch.Contains(waiting))
                break;
            overtaking += _batch.Sum(entry => entry.Length);
        }

        Assert.True(overtaking <= _policy.Window + _policy.MaxTokens, $"{overtaking} tokens");
    }

    [Fact]
    public void Fills_the_room_that_interactive_work_leaves_with_bulk_work()
    {
        Add(10, Priority.Bulk, at: 0);
        Add(10, at: 1);
        Assert.True(Take(1));
        Assert.Equal(2, _batch.Count);
    }

    [Fact]
    public void Moves_bulk_work_up_when_someone_waits_for_it()
    {
        var bulk = Add(10, Priority.Bulk);
        _queue.Promote(bulk);
        Assert.Equal(10, _queue.TokensAhead(Priority.Interactive));
        Assert.Equal(Priority.Interactive, bulk.Priority);
    }

    [Fact]
    public void Drops_expired_work_before_the_batch_is_formed()
    {
        var late = Add(10, deadline: 5);
        var lateToo = Add(10, deadline: 5);
        var alive = Add(10);
        Assert.True(Take(5));
        Assert.Equal([alive], _batch);
        Assert.Equal([late, lateToo], _expired);
        Assert.Equal(0, _queue.Tokens);
    }

    [Fact]
    public void Reports_expired_work_even_when_nothing_is_left_to_run()
    {
        var late = Add(10, deadline: 5);
        Assert.False(Take(6));
        Assert.Equal([late], _expired);
    }

    [Fact]
    public void Forgets_cancelled_work()
    {
        var gone = Add(10);
        var stays = Add(10);
        _queue.Remove(gone);
        Assert.True(Take());
        Assert.Equal([stays], _batch);
    }

    [Fact]
    public void Runs_exclusive_work_alone_and_in_its_turn()
    {
        var first = Add(10);
        var exclusive = new Entry { Length = 10, Exclusive = true };
        _queue.Add(exclusive, 1);
        var third = Add(10, at: 2);
        Assert.True(Take(2));
        Assert.Equal([first, third], _batch);
        Assert.True(Take(2));
        Assert.Equal([exclusive], _batch);
    }

    [Fact]
    public void Keeps_every_batch_within_its_limits_and_loses_nothing()
    {
        Prop.ForAll(
            ArbMap.Default.ArbFor<(byte Length, bool Bulk)[]>(),
            ArbMap.Default.ArbFor<PositiveInt>(),
            (work, sessions) =>
            {
                var queue = new BatchQueue(_policy, 512);
                var waiting = new HashSet<QueueEntry>();
                for (var i = 0; i < work.Length; i++)
                {
                    var entry = new Entry { Length = work[i].Length + 1, Priority = work[i].Bulk ? Priority.Bulk : Priority.Interactive };
                    queue.Add(entry, i);
                    waiting.Add(entry);
                }

                var oldest = waiting.Where(entry => entry.Priority == Priority.Interactive).MinBy(entry => entry.Enqueued);
                while (queue.TryTake(work.Length, sessions.Get, _batch, _expired))
                {
                    var longest = _batch.Max(entry => entry.Length);
                    var padded = longest * _batch.Count;
                    Assert.True(_batch.Count == 1 || padded <= _policy.MaxTokens, "token budget");
                    Assert.True(padded - _batch.Sum(entry => entry.Length) <= _policy.MaxPadding * padded, "padding");
                    Assert.True(oldest is null || _batch[0] == oldest || !waiting.Contains(oldest), "oldest first");
                    foreach (var entry in _batch)
                        Assert.True(waiting.Remove(entry), "once each");
                }

                Assert.Empty(waiting);
                Assert.Equal(0, queue.Tokens);
                Assert.Equal(0, queue.Count);
            }).QuickCheckThrowOnFailure();
    }

    private Entry Add(int length, Priority priority = Priority.Interactive, long at = 0, long deadline = long.MaxValue)
    {
        var entry = new Entry { Length = length, Priority = priority, Deadline = deadline };
        _queue.Add(entry, at);
        return entry;
    }

    private bool Take(long now = 0) => _queue.TryTake(now, 1, _batch, _expired);

    private sealed class Entry : QueueEntry;
}
