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

/// <summary>
/// Sends work to a replica of a model and sees it answered: another replica is asked when one is lost, and a model that sleeps or is just
/// being replaced is waited for, all within the deadline. What a replica refused stays refused.
/// </summary>
internal sealed class Dispatcher(ClusterWatcher watcher, IGrainFactory grains, FrontMetrics metrics, FrontOptions options, TimeProvider time)
{
    // Far more than any queue: a replica that was just lost is the last to be chosen, until that is forgotten.
    private const long Shunned = 1L << 40;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    /// <summary>The end of a request that begins now.</summary>
    public Deadline Begin(TimeSpan? timeout) =>
        new(time.GetTimestamp() + (long)((timeout ?? options.RequestTimeout).TotalSeconds * time.TimestampFrequency), timeout is not null);

    /// <summary>Has one replica do work.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="digest">The version; null for the one that is served.</param>
    /// <param name="tokens">About how much work it is.</param>
    /// <param name="deadline">When it must be done.</param>
    /// <param name="call">Asks a replica, telling it how long the caller still waits.</param>
    /// <param name="cancellation">The caller has gone.</param>
    public async ValueTask<Outcome<T>> SendAsync<T>(
        string model, string? digest, int tokens, Deadline deadline, Func<ReplicaRef, TimeSpan?, CancellationToken, ValueTask<Answer<T>>> call, CancellationToken cancellation)
        where T : class
    {
        ReplicaRef? failed = null;
        while (true)
        {
            // Read before the table: a change between the two is seen as one.
            var changed = watcher.Changed;
            var now = time.GetTimestamp();
            if (now >= deadline.At)
                return Expired();
            if (!Find(model, digest).TryGet(out var route, out var error))
                return error;
            if (route.Router is not { } router || !Choose(router, tokens, failed, out var chosen))
            {
                if (route.Error is { } refused)
                    return refused;
                await WaitAsync(changed, route.Asleep ? model : null, deadline, cancellation);
                continue;
            }

            var replica = chosen.Replica;
            var attempt = new Attempt<T>(deadline.At, cancellation);
            replica.InFlight.Add(attempt);
            CallEnd end;
            try
            {
                end = await attempt.RunAsync(call(replica, deadline.Own || failed is not null ? TimeSpan.FromSeconds((double)(deadline.At - now) / time.TimestampFrequency) : null, cancellation));
            }
            catch (Exception e) when (RemoteFault.Is(e, cancellation))
            {
                // Not even sent.
                end = CallEnd.Lost;
            }
            catch
            {
                chosen.Lost();
                throw;
            }
            finally
            {
                replica.InFlight.Remove(attempt);
            }

            switch (end)
            {
                case CallEnd.Answered:
                    watcher.Heard();
                    chosen.Answered(attempt.Answer.Load.QueuedTokens, Milliseconds());
                    return attempt.Answer.Value is { } value ? value : attempt.Answer.Error!;
                case CallEnd.Expired:
                    chosen.Lost();
                    return Expired();
                default:
                    chosen.Answered(Shunned, Milliseconds());
                    metrics.Retried(attempt.Answer.Gone ? "gone" : "lost");
                    // The only one there is: until the view says more, it may be back or replaced at any moment.
                    if (failed is not null || router.Count == 1)
                        await WaitAsync(changed, null, new Deadline(Math.Min(deadline.At, time.GetTimestamp() + (long)(_pause.TotalSeconds * time.TimestampFrequency)), true), cancellation);
                    failed = replica;
                    continue;
            }
        }
    }

    /// <summary>Has replicas do the parts of a request, each its own, at once. All or nothing.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="digest">The version; null for the one that is served.</param>
    /// <param name="chunks">The parts; at least one.</param>
    /// <param name="deadline">When it must be done.</param>
    /// <param name="call">Asks a replica for a range of the inputs.</param>
    /// <param name="cancellation">The caller has gone.</param>
    public async ValueTask<Outcome<T[]>> SendAllAsync<T>(
        string model, string? digest, Chunk[] chunks, Deadline deadline, Func<Range, ReplicaRef, TimeSpan?, CancellationToken, ValueTask<Answer<T>>> call, CancellationToken cancellation)
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

        ValueTask<Outcome<T>> SendAsync(Chunk chunk) =>
            this.SendAsync(model, digest, chunk.Weight(), deadline, (replica, left, token) => call(chunk.Range(), replica, left, token), cancellation);
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
            return new Target(router, null, false);
        // A version that went while the request was on its way: whoever sent it looks again.
        if (digest is not null && digest != info.Digest)
            return ModelLookup.CheckVersion(info.Name, info.Digest, digest)!;
        var comes = info.State == ModelState.Ready || (info.State == ModelState.Loading && route.Answered);
        return new Target(null, comes ? null : ModelLookup.NotReady(info), route.View.Asleep);
    }

    private bool Choose(Router<ReplicaRef> router, int tokens, ReplicaRef? failed, out Route<ReplicaRef> route)
    {
        var random = (ulong)Random.Shared.NextInt64();
        random |= (ulong)Random.Shared.Next() << 63;
        return failed is null ? router.TryChoose(tokens, Milliseconds(), random, out route) : router.TryChoose(tokens, Milliseconds(), random, failed, out route);
    }

    private async Task WaitAsync(Task changed, string? wake, Deadline deadline, CancellationToken cancellation)
    {
        if (wake is not null)
        {
            try
            {
                await grains.GetGrain<ISupervisorGrain>(watcher.Table.Names[wake].Name).WakeAsync();
            }
            catch (Exception e) when (RemoteFault.Is(e))
            {
                // Its silo is lost with it; the next one is woken by the next turn of the loop.
                await Task.Delay(_pause, time, cancellation);
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

    private sealed record Target(Router<ReplicaRef>? Router, InferenceError? Error, bool Asleep);
}
