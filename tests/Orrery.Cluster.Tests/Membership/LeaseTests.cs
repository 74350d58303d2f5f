using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Cluster.Tests.Support;
using Orrery.Grains.Membership;

namespace Orrery.Cluster.Tests.Membership;

/// <summary>How long a silo that nobody tells that it is a member goes on deciding.</summary>
public sealed class LeaseTests : IDisposable
{
    private static readonly SiloAddress _self = SiloAddress.New(IPAddress.Loopback, 11111, 1);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private readonly StillTime _time = new();
    private readonly Channel<TaskCompletionSource<MembershipTableData>> _questions = Channel.CreateUnbounded<TaskCompletionSource<MembershipTableData>>();
    private readonly MembershipLease _lease;
    private bool _seen;

    public LeaseTests()
    {
        var table = Scripted.Create<IMembershipTable>((method, _) =>
        {
            Assert.Equal(nameof(IMembershipTable.ReadRowAsync), method.Name);
            var question = new TaskCompletionSource<MembershipTableData>(TaskCreationOptions.RunContinuationsAsynchronously);
            Assert.True(_questions.Writer.TryWrite(question));
            return question.Task;
        });
        var others = Scripted.Create<IWitnesses>((_, _) => Task.FromResult(_seen));
        _lease = new MembershipLease(table, Scripted.Create<ILocalSiloDetails>((_, _) => _self), others, _time, NullLogger<MembershipLease>.Instance);
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
    public async Task A_table_that_does_not_answer_is_one_that_cannot_be_read()
    {
        _seen = true;
        await _questions.Reader.ReadAsync();
        await NextAsync(_patience);
        Assert.True(_lease.Held);
    }

    private static MembershipTableData Row(SiloStatus status) =>
        new(Tuple.Create(new MembershipEntry { SiloAddress = _self, Status = status }, "1"), new TableVersion(1, "1"));

    private async Task AnswerAsync(SiloStatus status)
    {
        (await _questions.Reader.ReadAsync()).SetResult(Row(status));
        await NextAsync();
    }

    /// <summary>Waits until the next question is asked: the answer to the one before has been taken in, or waited for as long as that may be.</summary>
    private async Task NextAsync(TimeSpan? waits = null)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        _time.Pass(_pause);
        while (!_questions.Reader.TryPeek(out _))
        {
            _time.Run(waits ?? _pause);
            await Task.Delay(1, late.Token);
        }
    }
}
