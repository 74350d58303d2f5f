using Orrery.Engine.Batching;

namespace Orrery.Engine.Tests.Batching;

/// <summary>What a simulated trace came to.</summary>
internal sealed record SimulationResult(
    int Offered, int Refused, int Expired, IReadOnlyList<SimulatedText> Served, long Tokens, long Padded, double BusySeconds, double Seconds)
{
    public double Padding => 1 - ((double)Tokens / Padded);

    public double GoodTokensPerSecond => Tokens / Seconds;

    /// <summary>Seconds from arrival to answer at a quantile of one priority's answered texts.</summary>
    public double Latency(double quantile, Priority priority = Priority.Interactive)
    {
        var sorted = Served.Where(text => text.Priority == priority).Select(text => text.Latency).Order().ToArray();
        return sorted[(int)(quantile * (sorted.Length - 1))];
    }
}

internal sealed class SimulatedText : QueueEntry
{
    public double Arrival { get; init; }

    public TimeSpan? Timeout { get; init; }

    public double Latency { get; set; }
}

/// <summary>
/// The whole policy (queue, admission, estimate) on a virtual clock, with sessions that take a fixed time a run and a padded token.
/// Time is in microseconds; the same trace gives the same result.
/// </summary>
internal sealed class Simulation(BatchPolicy policy, QueueLimits limits, int sessions, double tokensPerSecond, double secondsPerRun)
{
    public SimulationResult Run(IEnumerable<SimulatedText> trace)
    {
        var queue = new BatchQueue(policy, 512);
        var load = new LoadEstimate(sessions, tokensPerSecond);
        var admission = new Admission(queue, load, limits, policy);
        var running = new PriorityQueue<(List<QueueEntry> Batch, long Padded, double Seconds), double>();
        var served = new List<SimulatedText>();
        List<QueueEntry> batch = [], expired = [];
        int offered = 0, refused = 0, late = 0;
        long tokens = 0, padded = 0;
        double busy = 0, now = 0;

        foreach (var text in trace)
        {
            while (running.TryPeek(out _, out var end) && end <= text.Arrival)
                Finish();
            now = text.Arrival;
            offered++;
            if (admission.Check(text.Priority, text.Length, text.Timeout, sessions - running.Count) is not null)
            {
                refused++;
                continue;
            }

            text.Deadline = text.Timeout is { } timeout ? Ticks(now + timeout.TotalSeconds) : long.MaxValue;
            queue.Add(text, Ticks(now));
            Dispatch();
        }

        while (running.Count > 0)
            Finish();
        Assert.Equal(0, queue.Count);
        Assert.Equal(offered, refused + late + served.Count);
        return new SimulationResult(offered, refused, late, served, tokens, padded, busy, now);

        void Finish()
        {
            running.TryDequeue(out var done, out now);
            load.Completed(done.Padded, done.Seconds, running.Count + 1);
            foreach (SimulatedText text in done.Batch)
            {
                text.Latency = now - text.Arrival;
                served.Add(text);
            }

            Dispatch();
        }

        void Dispatch()
        {
            while (running.Count < sessions && queue.TryTake(Ticks(now), sessions - running.Count, batch, expired))
            {
                late += expired.Count;
                var size = batch.Max(text => text.Length) * (long)batch.Count;
                tokens += batch.Sum(text => text.Length);
                padded += size;
                // Each session has its share of the machine's speed.
                var seconds = secondsPerRun + (size * sessions / tokensPerSecond);
                busy += seconds;
                load.Started(size);
                running.Enqueue(([.. batch], size, seconds), now + seconds);
                expired.Clear();
            }

            late += expired.Count;
            expired.Clear();
        }
    }

    private static long Ticks(double seconds) => (long)(seconds * 1e6);
}
