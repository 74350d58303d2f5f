using System.Diagnostics;
using Orrery.Engine.Batching;

namespace Orrery.Engine;

/// <summary>Where Orrery's spans come from. Nothing is made while nobody listens.</summary>
public static class Tracing
{
    /// <summary>The name to listen to.</summary>
    public const string SourceName = "orrery";

    /// <summary>The source of all our spans: requests, waiting and computing.</summary>
    public static ActivitySource Source { get; } = new(SourceName);

    /// <summary>The span of whoever asks, to be named as the parent when the answer has been computed; null while nobody listens.</summary>
    internal static Activity? Caller => Source.HasListeners() ? Activity.Current : null;

    /// <summary>
    /// After a batch: for each request that had a part in it one span of the time it waited and one of the run, as children of its own
    /// span. One span a batch would belong to one request's trace, and be a link that few tools follow in all others.
    /// </summary>
    /// <param name="model">The model's name.</param>
    /// <param name="batch">What ran.</param>
    /// <param name="padded">Tokens computed, padding included.</param>
    /// <param name="start">When the run began, in the clock's ticks.</param>
    /// <param name="seconds">How long it took.</param>
    /// <param name="error">Why it failed; null when it did not.</param>
    /// <param name="time">The clock.</param>
    internal static void Record(string model, List<QueueEntry> batch, long padded, long start, double seconds, InferenceError? error, TimeProvider time)
    {
        var began = time.GetUtcNow() - time.GetElapsedTime(start);
        var seen = new HashSet<Activity>();
        foreach (var entry in batch)
        {
            if (entry is not Execution.TextItem text)
            {
                One(((Execution.WorkItem)entry).Caller, entry);
                continue;
            }

            for (var item = text; item is not null; item = item.Follower)
                One(item.Caller, item);
        }

        void One(Activity? caller, QueueEntry entry)
        {
            if (caller is null || !seen.Add(caller))
                return;
            // A follower was never queued itself, and waited for no longer than the run it joined.
            var queued = entry.Enqueued == 0 ? began : began - time.GetElapsedTime(entry.Enqueued, start);
            using (var wait = Source.StartActivity("queue", ActivityKind.Internal, caller.Context, startTime: queued))
                wait?.SetTag("orrery.model", model).SetEndTime(began.UtcDateTime);
            using var run = Source.StartActivity("compute", ActivityKind.Internal, caller.Context, startTime: began);
            run?.SetTag("orrery.model", model).SetTag("orrery.batch.items", batch.Count).SetTag("orrery.batch.tokens", padded).SetEndTime((began + TimeSpan.FromSeconds(seconds)).UtcDateTime);
            if (error is not null)
                run?.SetStatus(ActivityStatusCode.Error, error.Message);
        }
    }
}
