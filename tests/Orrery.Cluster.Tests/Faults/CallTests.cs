using Orrery.ClientApi.Routing;
using Orrery.Cluster.Tests.Support;
using Orrery.Engine;
using Orrery.Engine.Vectors;
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
        Assert.Equal(CallEnd.Lost, await new Attempt<Rows>(long.MaxValue, CancellationToken.None).RunAsync(Cancelled<Answer<Rows>>()));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Attempt<Rows>(long.MaxValue, new CancellationToken(canceled: true)).RunAsync(Cancelled<Answer<Rows>>()));
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

    private static ValueTask<T> Cancelled<T>() => ValueTask.FromCanceled<T>(new CancellationToken(canceled: true));
}
