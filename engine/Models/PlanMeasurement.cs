using Orrery.Engine.Execution;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Models;

/// <summary>
/// Chooses threads and batch size by running the model for a moment in each way that is worth trying.
/// What is set in the options is not measured.
/// </summary>
internal sealed class PlanMeasurement(EngineOptions options, TimeProvider time, ModelInfo info, GraphLayout layout, int padId)
{
    /// <summary>Padded tokens below which splitting a batch between sessions costs more than it gains.</summary>
    public const int MinTokens = 64;

    /// <summary>Batches of a model that only raw tensors are run on.</summary>
    public const int TensorBatchTokens = 2048;

    /// <summary>Elements a second that a raw tensor run is taken to compute until runs have been seen.</summary>
    public const double UnknownRate = 50_000;

    // Questions and sentences tokenize to 10 to 40 tokens.
    private const int TextTokens = 16;

    // A larger batch makes everyone in it wait longer, so it must gain something.
    private const double WorthwhileBatch = 1.03;

    // A second session costs the memory of its weights: it must answer clearly sooner.
    private const double WorthwhileWidth = 1.15;

    private static readonly int[] _budgets = [128, 256, 512, 1024];
    private static readonly TimeSpan _slice = TimeSpan.FromMilliseconds(40);

    /// <summary>Concurrent runs and threads of each when nothing is measured: a core a run wastes least.</summary>
    public static (int Sessions, int Threads) Shape(EngineOptions options)
    {
        var processors = Environment.ProcessorCount;
        // An accelerator runs one batch at a time; a second session hides the copies and the launch of the next.
        if (options.Devices[0] != "cpu" && options.Sessions == 0)
            return (2, Math.Max(1, options.ThreadsPerSession));
        if (options.Sessions == 0 && options.ThreadsPerSession == 0)
            return (processors, 1);
        return options.Sessions > 0
            ? (options.Sessions, options.ThreadsPerSession > 0 ? options.ThreadsPerSession : Math.Max(1, processors / options.Sessions))
            : (Math.Max(1, processors / options.ThreadsPerSession), options.ThreadsPerSession);
    }

    /// <summary>Measures batch sizes, and whether one run is faster on all threads.</summary>
    /// <param name="narrow">A session with the threads of <see cref="Shape"/>.</param>
    /// <param name="create">Makes a session with so many threads.</param>
    public (SessionPlan Plan, ModelSessions Sessions) Choose(OrtSession narrow, Func<int, OrtSession> create)
    {
        var (sessions, threads) = Shape(options);
        SessionPlan? plan = null;
        foreach (var budget in options.MaxBatchTokens > 0 ? [options.MaxBatchTokens] : _budgets)
        {
            var rate = Rate(narrow, sessions, budget);
            if (plan is not null && rate < plan.TokensPerSecond * WorthwhileBatch)
                break;
            plan = new SessionPlan(sessions, threads, 0, budget, rate);
        }

        var wideThreads = Environment.ProcessorCount;
        if (threads >= wideThreads || options.ThreadsPerSession > 0 || narrow.Provider != "cpu")
            return (plan!, new ModelSessions(narrow, null));
        var wide = create(wideThreads);
        if (Rate(wide, 1, TextTokens) > Rate(narrow, 1, TextTokens) * WorthwhileWidth)
            return (plan! with { WideThreads = wideThreads }, new ModelSessions(narrow, wide));
        wide.Dispose();
        return (plan!, new ModelSessions(narrow, null));
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
                using var runner = new SessionRunner(session, null, layout, padId);
                var batch = SessionRunner.ProbeBatch(items, length, padId);
                runner.Compute(batch, alone: false);
                start.SignalAndWait();
                Interlocked.CompareExchange(ref began, time.GetTimestamp(), 0);
                do
                {
                    runner.Compute(batch, alone: false);
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
