using Orrery.ClientApi.Backend;
using Orrery.Engine;
using Orrery.Fleet.Routing;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Routing;

/// <summary>How long a request may take, from its beginning.</summary>
/// <param name="At">The end, on the clock's ticks.</param>
/// <param name="Own">Whether the caller named it; else it is the front's limit, and replicas use their own.</param>
internal readonly record struct Deadline(long At, bool Own);

/// <summary>A part of a request.</summary>
/// <param name="Inputs">Its inputs.</param>
/// <param name="Operation">What its write is called, whichever replica makes it; null where it writes nothing.</param>
internal readonly record struct Part(Range Inputs, Guid? Operation);

/// <summary>
/// Sends work to a replica of a model and sees it answered: another replica is asked when one is lost, and a model that sleeps or is just
/// being replaced is waited for, all within the deadline. One whose answer is late is given a second, as far as the budget allows: the first good
/// answer counts. What keeps something is given none beside it, and has a name by which it is kept once. What a replica refused stays refused.
/// </summary>
internal sealed class Dispatcher(ClusterWatcher watcher, LiveGrains grains, FrontMetrics metrics, FrontOptions options, TimeProvider time)
{
    // Far more than any queue: a replica that was just lost is the last to be chosen, until that is forgotten.
    private const long Shunned = 1L << 40;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    // A supervisor answers at once; one whose silo is frozen does not.
    private static readonly TimeSpan _longestWake = TimeSpan.FromSeconds(1);

    private readonly HedgeBudget _budget = new(options.Router.HedgeShare);

    /// <summary>The end of a request that begins now.</summary>
    public Deadline Begin(TimeSpan? timeout) =>
        new(time.GetTimestamp() + (long)((timeout ?? options.RequestTimeout).TotalSeconds * time.TimestampFrequency), timeout is not null);

    /// <summary>Has one replica do work.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="digest">The version; null for the one that is served.</param>
    /// <param name="tokens">About how much work it is.</param>
    /// <param name="writes">Whether it keeps something: then it is asked of another replica only when the first will not answer, not beside it.</param>
    /// <param name="deadline">When it must be done.</param>
    /// <param name="call">Asks a replica, telling it how long the caller still waits.</param>
    /// <param name="cancellation">The caller has gone.</param>
    public async ValueTask<Outcome<T>> SendAsync<T>(
        string model, string? digest, int tokens, bool writes, Deadline deadline, Func<ReplicaRef, TimeSpan?, CancellationToken, ValueTask<Answer<T>>> call, CancellationToken cancellation)
        where T : class
    {
        // The call, and the one that was made beside it because its answer was late.
        Attempt<T>? first = null, second = null;
        ReplicaRef? failed = null;
        Target target = null!;
        _budget.Called();
        try
        {
            while (true)
            {
                // Read before the table: a change between the two is seen as one.
                var changed = watcher.Changed;
                if (time.GetTimestamp() >= deadline.At)
                    return Expired();
                if (first is null)
                {
                    if (!Find(model, digest).TryGet(out target!, out var error))
                        return error;
                    if (target.Router is not { } router || !Choose(router, tokens, failed, out var chosen))
                    {
                        if (target.Error is { } refused)
                            return refused;
                        await WaitAsync(changed, target.Asleep ? model : null, deadline, cancellation);
                        continue;
                    }

                    if (chosen.Replica.Silent)
                    {
                        // All are: one comes back, or another is put in its place.
                        chosen.Lost();
                        await PauseAsync(changed, deadline, cancellation);
                        continue;
                    }

                    first = Send(chosen, call, deadline, failed is not null, cancellation);
                }

                // Whichever of the two it is that something happens to comes first.
                Task<CallEnd> next = first.Next, nextOfSecond = second?.Next ?? next;
                var happened = await Task.WhenAny(next, nextOfSecond);
                if (happened != next)
                    (first, second) = (second!, first);
                switch (await happened)
                {
                    case CallEnd.Answered:
                        watcher.Heard();
                        target.Route.Took(time.GetElapsedTime(first.Began));
                        return first.Answer.Value is { } value ? value : first.Answer.Error!;
                    case CallEnd.Expired:
                        return Expired();
                    case CallEnd.Late:
                        if (second is null && !writes && target.Router is { } others && Choose(others, tokens, first.Replica, out var beside))
                        {
                            if (beside.Replica.Equals(first.Replica) || beside.Replica.Silent || !_budget.TryTake())
                            {
                                beside.Lost();
                                continue;
                            }

                            metrics.Retried("late");
                            second = Send(beside, call, deadline, true, cancellation);
                        }

                        continue;
                    default:
                        first.Settle(Shunned, Milliseconds());
                        metrics.Retried(first.Answer.Gone ? "gone" : "lost");
                        var again = failed is not null;
                        failed = first.Replica;
                        first.Abandon();
                        (first, second) = (second, null);
                        // The only one there is: until the view says more, it may be back or replaced at any moment.
                        if (first is null && (again || target.Router is not { Count: > 1 }))
                            await PauseAsync(changed, deadline, cancellation);
                        continue;
                }
            }
        }
        finally
        {
            End(first);
            End(second);
        }
    }

    private Attempt<T> Send<T>(
        Route<ReplicaRef> route, Func<ReplicaRef, TimeSpan?, CancellationToken, ValueTask<Answer<T>>> call, Deadline deadline, bool again, CancellationToken cancellation)
        where T : class
    {
        var now = time.GetTimestamp();
        var attempt = new Attempt<T>(route, now, deadline.At, cancellation);
        TimeSpan? left = deadline.Own || again ? TimeSpan.FromSeconds((double)Math.Max(1, deadline.At - now) / time.TimestampFrequency) : null;
        ValueTask<Answer<T>> made;
        try
        {
            made = call(route.Replica, left, attempt.Token);
        }
        catch (Exception e)
        {
            // Not even sent.
            made = ValueTask.FromException<Answer<T>>(e);
        }

        _ = attempt.FollowAsync(made);
        return attempt;
    }

    private void End<T>(Attempt<T>? attempt)
        where T : class
    {
        if (attempt is null)
            return;
        attempt.Settle(attempt.IsAnswered ? attempt.Answer.Load.QueuedTokens : null, Milliseconds());
        attempt.Abandon();
    }

    /// <summary>Has replicas do the parts of a request, each its own, at once. All or nothing.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="digest">The version; null for the one that is served.</param>
    /// <param name="chunks">The parts; at least one.</param>
    /// <param name="writes">As with one.</param>
    /// <param name="deadline">When it must be done.</param>
    /// <param name="call">Asks a replica for a part of the request.</param>
    /// <param name="cancellation">The caller has gone.</param>
    public async ValueTask<Outcome<T[]>> SendAllAsync<T>(
        string model, string? digest, Chunk[] chunks, bool writes, Deadline deadline, Func<Part, ReplicaRef, TimeSpan?, CancellationToken, ValueTask<Answer<T>>> call, CancellationToken cancellation)
        where T : class
    {
        if (chunks.Length == 1)
            return (await SendAsync(chunks[0])).TryGet(out var only, out var refused) ? new[] { only } : refused;
        var running = new Task<Outcome<T>>[chunks.Length];
        for (var i = 0; i < running.Length; i++)
            running[i] = SendAsync(chunks[i]).AsTask();
        var parts = new T[running.Length];
        InferenceError? error = null;
        foreach (var (i, outcome) in (await Task.WhenAll(running)).Index())
        {
            if (!outcome.TryGet(out parts[i]!, out var failed))
                error ??= failed;
        }

        return error is null ? parts : error;

        ValueTask<Outcome<T>> SendAsync(Chunk chunk)
        {
            // One name for all that is asked in its stead.
            var part = new Part(chunk.Range(), writes ? Guid.NewGuid() : null);
            return this.SendAsync(model, digest, chunk.Weight(), writes, deadline, (replica, left, token) => call(part, replica, left, token), cancellation);
        }
    }

    private Outcome<Target> Find(string model, string? digest)
    {
        if (watcher.Obstacle is { } obstacle)
            return obstacle;
        var table = watcher.Table;
        if (!table.Names.TryGetValue(model, out var info))
            return new InferenceError(InferenceErrorKind.ModelNotFound, $"model '{model}' does not exist", "model");
        var route = table.Route(info.Name);
        if (route.Version(digest ?? info.Digest) is { } router)
            return new Target(route, router, null, false);
        // A version that went while the request was on its way: whoever sent it looks again.
        if (digest is not null && digest != info.Digest)
            return ModelLookup.CheckVersion(info.Name, info.Digest, digest)!;
        var comes = info.State == ModelState.Ready || (info.State == ModelState.Loading && route.Answered);
        return new Target(route, null, comes ? null : ModelLookup.NotReady(info), route.View.Asleep);
    }

    private bool Choose(Router<ReplicaRef> router, int tokens, ReplicaRef? failed, out Route<ReplicaRef> route)
    {
        var random = (ulong)Random.Shared.NextInt64();
        random |= (ulong)Random.Shared.Next() << 63;
        return failed is null ? router.TryChoose(tokens, Milliseconds(), random, out route) : router.TryChoose(tokens, Milliseconds(), random, failed, out route);
    }

    /// <summary>Looks for something in the table, and again with each view while what it needs is on its way back, within the deadline.</summary>
    /// <param name="find">Looks; a refusal of what is not ready may be waited out.</param>
    /// <param name="comes">Whether what is missing was there before and is being put in its place.</param>
    /// <param name="deadline">When it must be done.</param>
    /// <param name="cancellation">The caller has gone.</param>
    public async ValueTask<Outcome<T>> FindAsync<T>(Func<RoutingTable, Outcome<T>> find, Func<RoutingTable, bool> comes, Deadline deadline, CancellationToken cancellation)
        where T : class
    {
        while (true)
        {
            var changed = watcher.Changed;
            if (watcher.Obstacle is { } obstacle)
                return obstacle;
            var table = watcher.Table;
            var found = find(table);
            if (found.Error is not { Kind: InferenceErrorKind.ModelNotReady } || !comes(table) || time.GetTimestamp() >= deadline.At)
                return found;
            await WaitAsync(changed, null, deadline, cancellation);
        }
    }

    private Task PauseAsync(Task changed, Deadline deadline, CancellationToken cancellation) =>
        WaitAsync(changed, null, new Deadline(Math.Min(deadline.At, time.GetTimestamp() + (long)(_pause.TotalSeconds * time.TimestampFrequency)), true), cancellation);

    private async Task WaitAsync(Task changed, string? wake, Deadline deadline, CancellationToken cancellation)
    {
        if (wake is not null && watcher.Table.Names.TryGetValue(wake, out var asleep))
        {
            try
            {
                await grains.GetGrain<ISupervisorGrain>(asleep.Name).WakeAsync().WaitAsync(_longestWake, time, cancellation);
            }
            catch (Exception e) when (RemoteFault.Is(e, cancellation))
            {
                // Its silo is lost with it; the next one is woken by the caller's next turn, which no view needs to bring about.
                await Task.Delay(_pause, time, cancellation);
                return;
            }
        }

        var left = TimeSpan.FromSeconds(Math.Max(0, (double)(deadline.At - time.GetTimestamp()) / time.TimestampFrequency));
        using var ended = new CancellationTokenSource(left, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ended.Token, cancellation);
        await changed.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    private long Milliseconds() => (long)time.GetElapsedTime(0).TotalMilliseconds;

    private static InferenceError Expired() => new(InferenceErrorKind.DeadlineExceeded, "the deadline passed before the model answered");

    private sealed record Target(ModelRoute Route, Router<ReplicaRef>? Router, InferenceError? Error, bool Asleep);
}
