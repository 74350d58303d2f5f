using Orrery.Engine.Batching;
using Orrery.Engine.Execution;
using Orrery.Engine.Tests.Support;

namespace Orrery.Engine.Tests.Execution;

public sealed class ModelExecutorTests : IAsyncDisposable
{
    private static readonly BatchPolicy _policy = new(MaxTokens: 512, MaxItems: 32, MaxPadding: 0.04, MinTokens: 64, BulkEvery: 8);
    private readonly ManualTime _time = new();
    private readonly GatedRunner _runner = new();
    private readonly EngineMetrics _metrics = new();
    private readonly ModelExecutor _executor;

    public ModelExecutorTests()
    {
        _executor = new ModelExecutor(
            "test", [_runner], new BatchQueue(_policy, 512), new LoadEstimate(1, 1000), new QueueLimits(1000, TimeSpan.FromSeconds(2)), _policy,
            _time, new ModelMetrics(_metrics, "test"));
    }

    public async ValueTask DisposeAsync()
    {
        _runner.Finish(100);
        await _executor.StopAsync();
        _metrics.Dispose();
    }

    [Fact]
    public async Task Runs_the_first_text_at_once_and_gathers_what_comes_meanwhile_into_the_next_batch()
    {
        var first = Submit([1, 0]);
        await _runner.Started();
        var others = Enumerable.Range(2, 5).Select(i => Submit([i, 0])).ToArray();
        _runner.Finish(2);
        Assert.Equal(1, await First(first));
        for (var i = 0; i < others.Length; i++)
            Assert.Equal(i + 2, await First(others[i]));
        Assert.Equal([1, 5], _runner.Batches.Select(batch => batch.Length));
    }

    [Fact]
    public async Task Computes_equal_texts_in_flight_once_and_answers_each()
    {
        var running = Submit([7, 8]);
        await _runner.Started();
        var whileRunning = Submit([7, 8]);
        var queued = Submit([9, 9], [9, 9], [7, 8]);
        _runner.Finish(2);
        Assert.Equal(7, await First(running));
        Assert.Equal(7, await First(whileRunning));
        using var output = (await queued.Answer).Value!;
        Assert.Equal([9f, 9f, 7f], [output[0][0], output[1][0], output[2][0]]);
        Assert.Equal(2, _runner.Batches.Sum(batch => batch.Length));
    }

    [Fact]
    public async Task Does_not_take_texts_for_equal_whose_segments_differ()
    {
        var running = Submit([1, 1]);
        await _runner.Started();
        var (pair, items) = Job([5, 6]);
        var other = new TextItem { Ids = [5, 6], TypeIds = [0, 1], Length = 2, Job = Job([5, 6]).Job, Index = 0 };
        Assert.Null(_executor.Submit(items, Priority.Interactive, null));
        Assert.Null(_executor.Submit([other], Priority.Interactive, null));
        _runner.Finish(2);
        await running.Answer;
        await pair.Answer;
        await other.Job.Answer;
        Assert.Equal([1, 2], _runner.Batches.Select(batch => batch.Length));
    }

    [Fact]
    public async Task Takes_a_cancelled_request_out_of_the_queue()
    {
        var running = Submit([1]);
        await _runner.Started();
        var (cancelled, items) = Job([2], [3]);
        Assert.Null(_executor.Submit(items, Priority.Interactive, null));
        cancelled.Abandon(null, new CancellationToken(true));
        _executor.Abandon(items);
        var after = Submit([4]);
        _runner.Finish(2);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Answer);
        Assert.Equal(4, await First(after));
        await running.Answer;
        Assert.DoesNotContain(_runner.Batches, batch => batch.Any(ids => ids[0] is 2 or 3));
    }

    [Fact]
    public async Task Still_computes_a_text_whose_first_asker_left_for_the_one_who_asked_after()
    {
        var running = Submit([1]);
        await _runner.Started();
        var (leaver, items) = Job([2]);
        Assert.Null(_executor.Submit(items, Priority.Interactive, null));
        var stayer = Submit([2]);
        leaver.Abandon(null, new CancellationToken(true));
        _executor.Abandon(items);
        _runner.Finish(2);
        Assert.Equal(2, await First(stayer));
        await running.Answer;
    }

    [Fact]
    public async Task Drops_a_text_when_the_last_of_those_who_asked_for_it_left()
    {
        var running = Submit([1]);
        await _runner.Started();
        var (first, firstItems) = Job([2]);
        var (second, secondItems) = Job([2]);
        Assert.Null(_executor.Submit(firstItems, Priority.Interactive, null));
        Assert.Null(_executor.Submit(secondItems, Priority.Interactive, null));
        first.Abandon(null, new CancellationToken(true));
        _executor.Abandon(firstItems);
        second.Abandon(null, new CancellationToken(true));
        _executor.Abandon(secondItems);
        var after = Submit([3]);
        _runner.Finish(2);
        Assert.Equal(3, await First(after));
        await running.Answer;
        Assert.DoesNotContain(_runner.Batches, batch => batch.Any(ids => ids[0] == 2));
    }

    [Fact]
    public async Task Answers_a_text_that_expired_in_the_queue_with_its_deadline()
    {
        var running = Submit([1]);
        await _runner.Started();
        var (late, items) = Job([2]);
        Assert.Null(_executor.Submit(items, Priority.Interactive, TimeSpan.FromSeconds(1)));
        _time.Advance(TimeSpan.FromSeconds(1));
        _runner.Finish();
        await running.Answer;
        Assert.Equal(InferenceErrorKind.DeadlineExceeded, (await late.Answer).Error!.Kind);
        Assert.Single(_runner.Batches);
    }

    [Fact]
    public async Task Refuses_work_that_would_wait_longer_than_the_limit_and_says_when_to_come_back()
    {
        var running = Submit([1]);
        await _runner.Started();
        var waiting = Enumerable.Range(0, 9).Select(i => Submit(Enumerable.Repeat(i + 2, 250).ToArray())).Take(4).ToArray();
        var refusal = _executor.CheckLoad(Priority.Interactive, TimeSpan.FromMilliseconds(100));
        Assert.Equal(InferenceErrorKind.Overloaded, refusal!.Kind);
        Assert.True(refusal.RetryAfter >= TimeSpan.FromSeconds(1));
        var (_, items) = Job([1, 2, 3]);
        Assert.Contains("exceed the limit of 1000", _executor.Submit(items, Priority.Interactive, null)!.Message, StringComparison.Ordinal);
        _runner.Finish(100);
        await running.Answer;
        foreach (var job in waiting)
            await job.Answer;
    }

    [Fact]
    public async Task Fails_every_text_of_a_batch_that_failed_and_goes_on()
    {
        _runner.Failure = new ModelOutputException("the graph broke");
        var failing = Submit([1], [2]);
        await _runner.Started();
        // Together, then each alone.
        _runner.Finish(3);
        var answer = await failing.Answer;
        Assert.Equal(new InferenceError(InferenceErrorKind.Failed, "the graph broke"), answer.Error);
        _runner.Failure = null;
        var next = Submit([3]);
        _runner.Finish();
        Assert.Equal(3, await First(next));
    }

    [Fact]
    public async Task Only_the_text_that_a_batch_fails_with_fails()
    {
        _runner.FailsWith = 2;
        var running = Submit([1]);
        await _runner.Started();
        var others = new[] { Submit([2, 0]), Submit([3, 0]), Submit([4, 0]) };
        // The first, the three together, and each of them alone.
        _runner.Finish(5);
        Assert.Equal(1, await First(running));
        Assert.Equal(InferenceErrorKind.Failed, (await others[0].Answer).Error!.Kind);
        Assert.Equal(3, await First(others[1]));
        Assert.Equal(4, await First(others[2]));
    }

    [Fact]
    public async Task Answers_at_the_deadline_though_the_run_goes_on()
    {
        var (late, items) = Job([1]);
        Assert.Null(_executor.Submit(items, Priority.Interactive, TimeSpan.FromMilliseconds(100)));
        await _runner.Started();
        var (patient, others) = Job([1]);
        Assert.Null(_executor.Submit(others, Priority.Interactive, TimeSpan.FromMinutes(1)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(InferenceErrorKind.DeadlineExceeded, (await late.Answer.WaitAsync(TimeSpan.FromSeconds(30))).Error!.Kind);
        _runner.Finish();
        // Who waits for the same text, and longer, has it.
        Assert.Equal(1, await First(patient));
    }

    [Fact]
    public async Task Answers_at_the_deadline_what_waits_behind_a_run_that_does_not_end()
    {
        var running = Submit([1]);
        await _runner.Started();
        var (late, items) = Job([2]);
        Assert.Null(_executor.Submit(items, Priority.Interactive, TimeSpan.FromSeconds(3)));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(InferenceErrorKind.DeadlineExceeded, (await late.Answer.WaitAsync(TimeSpan.FromSeconds(30))).Error!.Kind);
        _runner.Finish();
        Assert.Equal(1, await First(running));
    }

    [Fact]
    public async Task A_run_that_ends_after_its_deadline_is_no_answer()
    {
        var (late, items) = Job([1]);
        Assert.Null(_executor.Submit(items, Priority.Interactive, TimeSpan.FromMilliseconds(100)));
        await _runner.Started();
        // Before the next look at what runs.
        _time.Advance(TimeSpan.FromMilliseconds(200));
        _runner.Finish();
        Assert.Equal(InferenceErrorKind.DeadlineExceeded, (await late.Answer.WaitAsync(TimeSpan.FromSeconds(30))).Error!.Kind);
    }

    [Fact]
    public async Task Answers_what_is_queued_before_it_stops_and_takes_no_more()
    {
        var running = Submit([1]);
        await _runner.Started();
        var queued = Submit([2]);
        var stopped = _executor.StopAsync();
        Assert.Equal(InferenceErrorKind.ModelNotReady, _executor.CheckLoad(Priority.Interactive, null)!.Kind);
        _runner.Finish(2);
        Assert.Equal(1, await First(running));
        Assert.Equal(2, await First(queued));
        await stopped;
        Assert.True(_runner.Disposed);
    }

    private static async Task<float> First(TextJob job)
    {
        using var output = (await job.Answer.WaitAsync(TimeSpan.FromSeconds(30))).Value!;
        return output[0][0];
    }

    private TextJob Submit(params int[][] texts)
    {
        var (job, items) = Job(texts);
        _ = _executor.Submit(items, Priority.Interactive, null);
        return job;
    }

    private static (TextJob Job, TextItem[] Items) Job(params int[][] texts)
    {
        var tokens = texts.Select(text => text.Length).ToArray();
        var job = new TextJob(new TextOutput(1, texts.Select(_ => 1).ToArray(), tokens) { Version = "v" }, default, texts.Length);
        var items = texts.Select((text, i) => new TextItem { Ids = text, Length = text.Length, Job = job, Index = i }).ToArray();
        return (job, items);
    }
}
