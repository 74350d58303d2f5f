using Orrery.Cluster.Tests.Membership;
using Orrery.Cluster.Tests.Support;
using Orrery.Engine;
using Orrery.Fleet.Routing;
using Orrery.Interfaces.Wire;

namespace Orrery.Cluster.Tests.Faults;

/// <summary>A front's dispatcher over two replicas, whose answers come when the test says.</summary>
public sealed class DispatchTests
{
    private static readonly TimeSpan _long = TimeSpan.FromSeconds(30);

    // As often as a front looks after its calls.
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);

    [Fact]
    public void Of_two_answers_at_once_the_first_counts_and_neither_replica_seems_busy_any_more() => Turns.Run(async () =>
    {
        for (var i = 0; i < 2; i++)
        {
            // The one that was asked first answers first, then last.
            var time = new StillTime();
            await using var model = await new OneModel(time).StartAsync();
            var calls = new Calls();
            var sent = Send(model, calls);
            await HedgedAsync(time, calls);
            AtOnce(() => calls[i].SetResult(Good(i)), () => calls[1 - i].SetResult(Good(1 - i)));
            var answer = await sent;
            Assert.Equal(i, answer.Value!.It);
            Assert.Equal([0, 0], model.InFlight());
        }
    });

    [Fact]
    public void A_good_answer_counts_though_the_other_call_is_lost_the_same_moment() => Turns.Run(async () =>
    {
        for (var good = 0; good < 2; good++)
        {
            var time = new StillTime();
            await using var model = await new OneModel(time).StartAsync();
            var calls = new Calls();
            var sent = Send(model, calls);
            await HedgedAsync(time, calls);
            AtOnce(() => calls[good].SetResult(Good(good)), () => calls[1 - good].SetException(new TimeoutException()));
            var answer = await sent;
            Assert.Equal(good, answer.Value?.It);
            Assert.Equal([0, 0], model.InFlight());
        }
    });

    [Fact]
    public async Task What_is_kept_is_not_asked_of_a_second_replica_beside_the_first()
    {
        var time = new StillTime();
        await using var model = await new OneModel(time).StartAsync();
        Calls kept = new(), read = new();
        var keeping = Send(model, kept, writes: true);
        var reading = Send(model, read);
        // Both are late the same moment.
        await HedgedAsync(time, read);
        for (var looks = 0; looks < 10; looks++)
            await LooksAsync(time, () => true);
        Assert.Equal(1, kept.Made);
        kept[0].SetResult(Good(0));
        read[0].SetResult(Good(0));
        Assert.Null((await keeping).Error);
        Assert.Null((await reading).Error);
    }

    [Fact]
    public async Task What_is_kept_has_one_name_however_often_it_is_asked()
    {
        await using var model = await new OneModel().StartAsync();
        var calls = new Calls();
        var operations = new List<Guid?>();
        var sent = model.Dispatcher.SendAllAsync<Value<int>>(OneModel.Name, null, [new Chunk(0, 1, 7)], true, model.Dispatcher.Begin(_long), (part, _, _, _) =>
        {
            operations.Add(part.Operation);
            return calls.Make();
        }, default).AsTask();
        await calls.MadeAsync(1);
        calls[0].SetException(new TimeoutException());
        await calls.MadeAsync(2);
        calls[1].SetResult(Good(1));
        Assert.Equal(1, Assert.Single((await sent).Value!).It);
        Assert.NotNull(operations[0]);
        Assert.Equal(operations[0], operations[1]);
    }

    [Fact]
    public async Task A_call_to_a_replica_that_has_left_the_view_ends_at_its_deadline()
    {
        var time = new StillTime();
        await using var model = await new OneModel(time).StartAsync();
        await model.ShowAsync(0);
        var calls = new Calls();
        var timeout = TimeSpan.FromSeconds(2);
        var sent = Send(model, calls, timeout: timeout);
        await calls.MadeAsync(1);
        await model.ShowAsync(1);
        await model.ShowAsync();
        await model.ShowAsync();
        time.Pass(timeout - TimeSpan.FromMilliseconds(1));
        await LooksAsync(time, () => true);
        Assert.False(sent.IsCompleted);
        time.Pass(TimeSpan.FromMilliseconds(1));
        await LooksAsync(time, () => sent.IsCompleted);
        Assert.Equal(InferenceErrorKind.DeadlineExceeded, (await sent).Error?.Kind);
    }

    [Fact]
    public async Task What_is_looked_for_is_refused_at_once_where_the_cluster_is_not_there()
    {
        await using var model = new OneModel();
        var found = model.Dispatcher.FindAsync<object>(
            _ => new InferenceError(InferenceErrorKind.ModelNotReady, "not yet", null), _ => true, model.Dispatcher.Begin(_long), default).AsTask();
        Assert.Equal(model.Watcher.Obstacle, (await found.WaitAsync(_long / 3)).Error);
    }

    private static Answer<Value<int>> Good(int number) => new() { Value = new Value<int> { It = number } };

    private static Task<Outcome<Value<int>>> Send(OneModel model, Calls calls, bool writes = false, TimeSpan? timeout = null) =>
        model.Dispatcher.SendAsync<Value<int>>(OneModel.Name, null, 7, writes, model.Dispatcher.Begin(timeout ?? _long), (_, _, _) => calls.Make(), default).AsTask();

    /// <summary>Makes calls late that were made before, and waits for the second that is made beside them.</summary>
    private static Task HedgedAsync(StillTime time, Calls calls)
    {
        time.Pass(OneModel.HedgeAfter);
        return LooksAsync(time, () => calls.Made == 2);
    }

    /// <summary>Has the front look after its calls, once at least, until something is so.</summary>
    private static async Task LooksAsync(StillTime time, Func<bool> isSo)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!time.Run(_look) || !isSo())
            await Task.Delay(1, late.Token);
    }

    /// <summary>In this order, and before anything that waits for them goes on.</summary>
    private static void AtOnce(params Action[] what) => Task.Run(() => Array.ForEach(what, one => one())).Wait();

    /// <summary>The calls that were made, in their order.</summary>
    private sealed class Calls
    {
        private readonly List<TaskCompletionSource<Answer<Value<int>>>> _made = [];

        public int Made
        {
            get
            {
                lock (_made)
                    return _made.Count;
            }
        }

        public TaskCompletionSource<Answer<Value<int>>> this[int number]
        {
            get
            {
                lock (_made)
                    return _made[number];
            }
        }

        public ValueTask<Answer<Value<int>>> Make()
        {
            lock (_made)
            {
                _made.Add(new TaskCompletionSource<Answer<Value<int>>>());
                return new(_made[^1].Task);
            }
        }

        public async Task MadeAsync(int count)
        {
            using var late = new CancellationTokenSource(_long);
            while (Made < count)
                await Task.Delay(5, late.Token);
        }
    }
}
