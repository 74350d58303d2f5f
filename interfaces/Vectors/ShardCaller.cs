using Orrery.Engine;
using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces.Vectors;

/// <summary>
/// Asks owners of shards and the directory. A silo or a gateway that is lost takes calls with it and tells nobody, so what is not answered
/// soon is looked after: while the store's silo is away the answer is <see cref="InferenceErrorKind.Unavailable"/>, else the call is made again.
/// </summary>
/// <param name="grains">The way to them.</param>
/// <param name="time">The clock of limits.</param>
/// <param name="obstacle">Why nobody need be asked at all, the whole cluster being lost; null while it is there.</param>
internal sealed class ShardCaller(IGrainFactory grains, TimeProvider time, Func<InferenceError?>? obstacle = null)
{
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _again = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    // A directory that has just come to life waits five seconds for silos to announce themselves, at most.
    private static readonly TimeSpan _directory = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    /// <summary>A silo that has just come is known to the directory a moment before it can be called.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    /// <summary>Told, and no other refusal, where the shard is not there any more: its namespace was removed, and perhaps made anew.</summary>
    public static InferenceError Gone { get; } = new(InferenceErrorKind.Unavailable, "the namespace is being changed; try again", "namespace", TimeSpan.FromSeconds(1));

    /// <summary>Asks the directory.</summary>
    public async ValueTask<Outcome<T>> AskDirectoryAsync<T>(Func<IVectorDirectoryGrain, Task<Answer<T>>> call, CancellationToken cancellation)
        where T : class
    {
        var began = time.GetTimestamp();
        while (true)
        {
            if (obstacle?.Invoke() is { } lost)
                return lost;
            try
            {
                var answer = await call(grains.GetGrain<IVectorDirectoryGrain>(0)).WaitAsync(_directory, time, cancellation);
                return answer.Value is { } value ? value : answer.Error!;
            }
            catch (Exception e) when (RemoteFault.Is(e, cancellation))
            {
                if (time.GetElapsedTime(began) >= (e is TimeoutException ? _longest : _patience))
                    return new InferenceError(InferenceErrorKind.Unavailable, $"the directory of vectors does not answer: {e.Message}", null, _look);
            }

            await Task.Delay(_pause, time, cancellation);
        }
    }

    /// <summary>Asks the owner of one shard.</summary>
    /// <param name="place">The namespace.</param>
    /// <param name="number">The shard.</param>
    /// <param name="call">Asks it; may be called again.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask<Outcome<T>> AskAsync<T>(NamespacePlace place, int number, Func<IVectorOwnerGrain, CancellationToken, ValueTask<Answer<T>>> call, CancellationToken cancellation)
        where T : class
    {
        if (place.Stores[number] is not { } store)
            return place.Away(number, "no silo has it");
        var began = time.GetTimestamp();
        while (true)
        {
            if (obstacle?.Invoke() is { } lost)
                return lost;
            // Another way each time: the one before may be what was lost.
            var owner = grains.GetGrain<IVectorOwnerGrain>(place.Shard(number).ToString());
            using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var (end, answer) = await AttemptAsync(BeginAsync(call, owner, attempt.Token), store, cancellation);
            if (end == End.Answered)
                return answer.Gone ? Gone : answer.Value is { } value ? value : answer.Error!;
            if (end == End.Away)
                return place.Away(number, "its silo is away");
            if (time.GetElapsedTime(began) >= (end == End.Failed ? _patience : _longest))
                return place.Away(number, "its silo does not answer");
            attempt.Cancel();
            if (end == End.Failed)
                await Task.Delay(_pause, time, cancellation);
        }
    }

    /// <summary>A call that fails before it is sent fails like one that was lost on its way.</summary>
    private static async Task<Answer<T>> BeginAsync<T>(Func<IVectorOwnerGrain, CancellationToken, ValueTask<Answer<T>>> call, IVectorOwnerGrain owner, CancellationToken cancellation)
        where T : class => await call(owner, cancellation);

    private async Task<(End End, Answer<T> Answer)> AttemptAsync<T>(Task<Answer<T>> call, string store, CancellationToken cancellation)
        where T : class
    {
        var began = time.GetTimestamp();
        SiloAddress? first = null;
        while (true)
        {
            await ((Task)call).WaitAsync(_look, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (call.IsCompletedSuccessfully)
                return (End.Answered, await call);
            cancellation.ThrowIfCancellationRequested();
            if (call.IsFaulted && !RemoteFault.Is(call.Exception.InnerException!, cancellation))
                await call;
            var silo = await WhereAsync(store, cancellation);
            if (silo is null)
                return (End.Away, default);
            if (call.IsCompleted)
                return (End.Failed, default);
            first ??= silo;
            // On another silo it will not be answered any more, and on this one it may have been lost on the way.
            if (!silo.Equals(first) || time.GetElapsedTime(began) >= _again)
                return (End.Silent, default);
        }
    }

    private async Task<SiloAddress?> WhereAsync(string store, CancellationToken cancellation)
    {
        try
        {
            return await grains.GetGrain<IVectorDirectoryGrain>(0).WhereAsync(store).WaitAsync(_directory, time, cancellation);
        }
        catch (Exception e) when (RemoteFault.Is(e, cancellation))
        {
            // The directory's silo may be the one that is lost. Nothing can be told of the store then, which is no better than away.
            return null;
        }
    }

    private enum End
    {
        Answered,

        /// <summary>The store has no silo.</summary>
        Away,

        /// <summary>The call came back without an answer.</summary>
        Failed,

        /// <summary>It was not answered for long.</summary>
        Silent,
    }
}
