using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orrery.Cluster.Tests.Support;
using Orrery.Grains.Membership;

namespace Orrery.Cluster.Tests.Membership;

/// <summary>How long a silo that nobody tells that it is a member goes on deciding.</summary>
public sealed class LeaseTests : IDisposable
{
    private static readonly SiloAddress _self = SiloAddress.New(IPAddress.Loopback, 11111, 1);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(500);

    private readonly StillTime _time = new();
    private readonly Channel<TaskCompletionSource<MembershipTableData>> _questions = Channel.CreateUnbounded<TaskCompletionSource<MembershipTableData>>();
    private readonly MembershipLease _lease;
    private readonly Said _said = new();
    private bool _seen;
    private int _seers;

    public LeaseTests()
    {
        var table = Scripted.Create<IMembershipTable>((method, _) =>
        {
            Assert.Equal(nameof(IMembershipTable.ReadRowAsync), method.Name);
            var question = new TaskCompletionSource<MembershipTableData>(TaskCreationOptions.RunContinuationsAsynchronously);
            Assert.True(_questions.Writer.TryWrite(question));
            return question.Task;
        });
        var others = Scripted.Create<IWitnesses>((_, _) =>
        {
            Interlocked.Increment(ref _seers);
            return Task.FromResult(_seen);
        });
        _lease = new MembershipLease(table, Scripted.Create<ILocalSiloDetails>((_, _) => _self), others, _time, _said);
        // Completes with the first question.
        _ = _lease.StartAsync(CancellationToken.None);
    }

    public void Dispose() => _lease.Dispose();

    [Fact]
    public async Task It_decides_once_the_table_calls_it_a_member_and_a_while_after_it_last_did()
    {
        Assert.False(_lease.Held);
        await AnswerAsync(SiloStatus.Joining);
        Assert.False(_lease.Held);
        await AnswerAsync(SiloStatus.Active);
        Assert.True(_lease.Held);
        await AnswerAsync(SiloStatus.Dead);
        // Asked two pauses ago.
        _time.Pass(MembershipLease.Duration - (3 * _pause));
        Assert.True(_lease.Held);
        _time.Pass(_pause);
        Assert.False(_lease.Held);
    }

    [Fact]
    public async Task An_answer_that_waited_while_the_process_was_frozen_proves_nothing()
    {
        await AnswerAsync(SiloStatus.Active);
        var asked = await _questions.Reader.ReadAsync();
        _time.Pass(MembershipLease.Duration);
        Assert.False(_lease.Held);
        asked.SetResult(Row(SiloStatus.Active));
        await NextAsync();
        Assert.False(_lease.Held);
        await AnswerAsync(SiloStatus.Active);
        Assert.True(_lease.Held);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_the_table_cannot_be_read_the_others_tell(bool seen)
    {
        _seen = seen;
        (await _questions.Reader.ReadAsync()).SetException(new TimeoutException());
        await NextAsync();
        Assert.Equal(seen, _lease.Held);
    }

    [Fact]
    public async Task A_table_that_does_not_answer_is_one_that_cannot_be_read_and_the_lease_does_not_lapse_meanwhile()
    {
        _seen = true;
        for (var round = 0; round < 4; round++)
        {
            await _questions.Reader.ReadAsync();
            var asked = Volatile.Read(ref _seers);
            // The table is not waited for until it is given up: for as long the lease does not last.
            _time.Pass(_pause);
            Assert.True(round == 0 || _lease.Held, $"lapsed in round {round}");
            await UntilAsync(() => Volatile.Read(ref _seers) > asked);
            await NextAsync();
            Assert.True(_lease.Held);
        }
    }

    [Fact]
    public async Task A_table_that_answers_late_counts_where_nobody_else_does()
    {
        var asked = await _questions.Reader.ReadAsync();
        _time.Pass(_pause);
        await UntilAsync(() => Volatile.Read(ref _seers) > 0);
        asked.SetResult(Row(SiloStatus.Active));
        await NextAsync();
        Assert.True(_lease.Held);
    }

    [Fact]
    public async Task That_it_had_lapsed_is_said_though_it_is_held_again()
    {
        await AnswerAsync(SiloStatus.Active);
        var asked = await _questions.Reader.ReadAsync();
        // It was asked a pause after the one before, and is told in the last moment of its own time.
        _time.Pass(MembershipLease.Duration - (_pause / 2));
        Assert.False(_lease.Held);
        asked.SetResult(Row(SiloStatus.Active));
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!_lease.Held || _said.Count < 3)
            await Task.Delay(1, late.Token);
        Assert.Contains(_said, line => line.Contains("was not told", StringComparison.Ordinal));
    }

    private static MembershipTableData Row(SiloStatus status) =>
        new(Tuple.Create(new MembershipEntry { SiloAddress = _self, Status = status }, "1"), new TableVersion(1, "1"));

    private async Task AnswerAsync(SiloStatus status)
    {
        (await _questions.Reader.ReadAsync()).SetResult(Row(status));
        await NextAsync();
    }

    /// <summary>What was logged.</summary>
    private sealed class Said : System.Collections.Concurrent.ConcurrentQueue<string>, ILogger<MembershipLease>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Enqueue(formatter(state, exception));
    }

    /// <summary>Waits until the next question is asked: the answer to the one before has been taken in, or waited for as long as that may be.</summary>
    private Task NextAsync()
    {
        _time.Pass(_pause);
        return UntilAsync(() => _questions.Reader.TryPeek(out _));
    }

    /// <summary>Has those go on that wait for a pause at most, until something is so.</summary>
    private async Task UntilAsync(Func<bool> isSo)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!isSo())
        {
            _time.Run(_pause);
            await Task.Delay(1, late.Token);
        }
    }
}
