using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orrery.ClientApi.Backend;
using Orrery.ClientApi.Routing;
using Orrery.Cluster.Tests.Support;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Fleet.Routing;
using Orrery.Interfaces;
using Orrery.Interfaces.Vectors;
using Orrery.Interfaces.Wire;

namespace Orrery.Cluster.Tests.Faults;

/// <summary>What becomes of a call that Orleans cancels by itself, as it does when the silo that it went to is declared dead.</summary>
public sealed class CallTests
{
    private static readonly NamespacePlace _place = new() { Index = new IndexSpec { Name = "index" }, Name = "space", Generation = 1, Stores = ["store"] };

    [Fact]
    public void A_cancellation_is_a_fault_unless_the_caller_asked_for_it()
    {
        Assert.True(RemoteFault.Is(new TaskCanceledException()));
        Assert.True(RemoteFault.Is(new OperationCanceledException(), new CancellationTokenSource().Token));
        Assert.False(RemoteFault.Is(new OperationCanceledException(), new CancellationToken(canceled: true)));
        Assert.True(RemoteFault.Is(new TimeoutException(), new CancellationToken(canceled: true)));
        Assert.False(RemoteFault.Is(new InvalidOperationException()));
    }

    [Fact]
    public async Task A_call_to_a_replica_is_lost_and_not_the_request()
    {
        var attempt = Attempt(CancellationToken.None);
        await attempt.FollowAsync(Cancelled<Answer<Rows>>());
        Assert.Equal(CallEnd.Lost, await attempt.Next);

        attempt = Attempt(new CancellationToken(canceled: true));
        await attempt.FollowAsync(Cancelled<Answer<Rows>>());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attempt.Next);
    }

    [Fact]
    public async Task A_call_that_is_late_is_said_so_once_and_its_answer_counts_yet()
    {
        var answer = new TaskCompletionSource<Answer<Rows>>();
        var attempt = Attempt(CancellationToken.None);
        var followed = attempt.FollowAsync(new ValueTask<Answer<Rows>>(answer.Task));
        // Before it is said: what happens next is another thing afterwards.
        var next = attempt.Next;
        attempt.Replica.InFlight.Look(now: 5, late: 0);
        Assert.Equal(CallEnd.Late, await next);
        attempt.Replica.InFlight.Look(now: 6, late: 1);
        Assert.False(attempt.Next.IsCompleted);

        answer.SetResult(new Answer<Rows>());
        await followed;
        Assert.Equal(CallEnd.Answered, await attempt.Next);
        // What comes later changes nothing.
        attempt.Replica.InFlight.LoseAll();
        Assert.True(attempt.IsAnswered);
        attempt.Abandon();
        Assert.Equal(0, attempt.Replica.InFlight.LoseAll());
    }

    [Fact]
    public async Task Whoever_abandons_a_call_tells_its_replica()
    {
        var attempt = Attempt(CancellationToken.None);
        var followed = attempt.FollowAsync(new ValueTask<Answer<Rows>>(Task.Delay(Timeout.Infinite, attempt.Token).ContinueWith(_ => new Answer<Rows>(), TaskScheduler.Default)));
        attempt.Abandon();
        await followed;
    }

    [Fact]
    public async Task A_shard_whose_owner_and_whose_directory_are_cancelled_is_away()
    {
        var caller = new ShardCaller(Scripted.Grains(_ => Task.FromCanceled<SiloAddress?>(new CancellationToken(canceled: true))), TimeProvider.System);
        var cancelled = await caller.AskAsync(_place, 0, (_, _) => Cancelled<Answer<Value<int>>>(), CancellationToken.None);
        Assert.Equal(InferenceErrorKind.Unavailable, cancelled.Error!.Kind);
        // One that fails before it is sent, likewise.
        var unsent = await caller.AskAsync<Value<int>>(_place, 0, (_, _) => throw new TaskCanceledException(), CancellationToken.None);
        Assert.Equal(InferenceErrorKind.Unavailable, unsent.Error!.Kind);
    }

    [Fact]
    public async Task A_call_to_a_shard_that_is_made_again_goes_by_another_way()
    {
        var ways = 0;
        // A front's way to a silo that is lost is disposed, and stays so.
        var grains = Scripted.Create<IGrainFactory>((get, _) => get.GetGenericArguments()[0] == typeof(IVectorDirectoryGrain)
            ? Scripted.Create<IVectorDirectoryGrain>((_, _) => Task.FromResult<SiloAddress?>(SiloAddress.Zero))
            : Owner(Interlocked.Increment(ref ways) > 1));
        var caller = new ShardCaller(grains, TimeProvider.System);
        var answer = await caller.AskAsync(_place, 0, (owner, token) => owner.CountAsync(default, token), CancellationToken.None);
        Assert.Equal(3, answer.Value?.It);
        Assert.Equal(2, ways);

        static IVectorOwnerGrain Owner(bool there) => Scripted.Create<IVectorOwnerGrain>((_, _) =>
            there ? new ValueTask<Answer<Value<long>>>(new Answer<Value<long>> { Value = new Value<long> { It = 3 } }) : throw new ObjectDisposedException("client"));
    }

    private static Attempt<Rows> Attempt(CancellationToken caller)
    {
        var view = new ReplicaView(new ReplicaKey("model", "digest", "cpu", "1").ToString(), SiloAddress.Zero, ReplicaPhase.Ready, "digest", default, 0, 0);
        var channels = new SiloChannels(new FrontOptions(), Options.Create(new ClusterOptions()), new ChannelOptions(Direct: false, PropagateActivity: false), TimeProvider.System, NullLogger<SiloChannels>.Instance);
        var replica = new ReplicaRef(view, new ModelRoute(new RouterOptions()), channels, Scripted.Grains(_ => Task.FromResult<SiloAddress?>(null)));
        return new Attempt<Rows>(new Route<ReplicaRef>(replica, new ReplicaLoad(), 1), began: 0, deadline: long.MaxValue, caller);
    }

    private static ValueTask<T> Cancelled<T>() => ValueTask.FromCanceled<T>(new CancellationToken(canceled: true));
}
