using Orrery.Engine.Execution;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Models;

/// <summary>
/// Chooses sessions, threads and batch size by running the model for a moment in each way that is worth trying.
/// What is set in the options is not measured.
/// </summary>
internal sealed class PlanMeasurement(EngineOptions options, TimeProvider time, ModelInfo info, GraphLayout? layout, int padId)
{
    /// <summary>Padded tokens below which splitting a batch between sessions costs more than it gains.</summary>
    public const int MinTokens = 64;

    // What a raw tensor run counts as in the queue is its elements; without texts there is no rate to measure.
    private const double UnknownRate = 50_000;

    // A typical short text: questions and sentences tokenize to 10 to 40 tokens.
    private const int TextTokens = 32;

    // A larger batch is taken only when it gains this much: it makes everyone in it wait longer.
    private const double WorthwhileGain = 1.03;

    private static readonly int[] _budgets = [128, 512, 2048];
    private static readonly TimeSpan _slice = TimeSpan.FromMilliseconds(60);

    /// <summary>Ways to share this machine's processors, the first one being the usual winner.</summary>
    public static IReadOnlyList<(int Sessions, int Threads)> Candidates(EngineOptions options)
    {
        var processors = Environment.ProcessorCount;
        if (options.Sessions > 0 || options.ThreadsPerSession > 0)
        {
            var threads = options.ThreadsPerSession > 0 ? options.ThreadsPerSession : Math.Max(1, processors / options.Sessions);
            return [(options.Sessions > 0 ? options.Sessions : Math.Max(1, processors / threads), threads)];
        }

        // An accelerator runs one batch at a time; a second session hides the copies and the launch of the next.
        if (options.Devices[0] != "cpu")
            return [(2, 1)];
        var candidates = new List<(int, int)>();
        for (var threads = 1; threads <= processors; threads *= 2)
            candidates.Add((Math.Max(1, processors / threads), threads));
        return candidates;
    }

    /// <summary>Measures the candidates and the batch sizes.</summary>
    /// <param name="first">A session with the first candidate's threads; disposed when another is chosen.</param>
    /// <param name="candidates">From <see cref="Candidates"/>.</param>
    /// <param name="create">Makes a session with so many threads.</param>
    /// <returns>The plan and its session.</returns>
    public (SessionPlan Plan, OrtSession Session) Choose(
        OrtSession first, IReadOnlyList<(int Sessions, int Threads)> candidates, Func<int, OrtSession> create)
    {
        if (layout is null)
            return (new SessionPlan(candidates[0].Sessions, candidates[0].Threads, options.MaxBatchTokens > 0 ? options.MaxBatchTokens : _budgets[^1], UnknownRate), first);

        var best = Measure(first, candidates[0]);
        var session = first;
        for (var i = 1; i < candidates.Count; i++)
        {
            var other = create(candidates[i].Threads);
            var plan = Measure(other, candidates[i]);
            var better = plan.TokensPerSecond > best.TokensPerSecond * WorthwhileGain;
            (better ? session : other).Dispose();
            if (better)
                (best, session) = (plan, other);
        }

        return (best, session);
    }

    private SessionPlan Measure(OrtSession session, (int Sessions, int Threads) way)
    {
        SessionPlan? best = null;
        foreach (var budget in options.MaxBatchTokens > 0 ? [options.MaxBatchTokens] : _budgets)
        {
            var rate = Rate(session, way.Sessions, budget);
            if (best is null || rate > best.TokensPerSecond * WorthwhileGain)
                best = new SessionPlan(way.Sessions, way.Threads, budget, rate);
        }

        return best!;
    }

    /// <summary>Tokens a second of so many concurrent runs of full batches.</summary>
    private double Rate(OrtSession session, int sessions, int budget)
    {
        var length = Math.Min(TextTokens, info.MaxLength);
        var items = Math.Clamp(budget / length, 1, options.MaxBatchItems);
        var runs = 0;
        using var start = new Barrier(sessions);
        var threads = new Thread[sessions];
        long began = 0;
        for (var i = 0; i < sessions; i++)
        {
            threads[i] = new Thread(() =>
            {
                using var runner = new SessionRunner(session, layout, padId);
                var batch = SessionRunner.ProbeBatch(items, length, padId);
                runner.Compute(batch);
                start.SignalAndWait();
                Interlocked.CompareExchange(ref began, time.GetTimestamp(), 0);
                do
                {
                    runner.Compute(batch);
                    Interlocked.Increment(ref runs);
                }
                while (time.GetElapsedTime(began) < _slice);
            });
            threads[i].Start();
        }

        foreach (var thread in threads)
            thread.Join();
        return (double)runs * items * length / time.GetElapsedTime(began).TotalSeconds;
    }
}
