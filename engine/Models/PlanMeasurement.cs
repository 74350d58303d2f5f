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
    private const int TextTokens = 24;

    // A larger batch makes everyone in it wait longer, so it must gain something.
    private const double WorthwhileBatch = 1.01;

    // A second session costs the memory of its weights: it must answer clearly sooner.
    private const double WorthwhileWidth = 1.1;

    // Below the first a run's fixed cost shows with every encoder measured; see bench/RESULTS.md.
    private static readonly int[] _budgets = [256, 512, 1024];

    // An accelerator is not filled by what fills a core.
    private static readonly int[] _acceleratorBudgets = [256, 512, 1024, 2048, 4096, 8192];
    private const int MinRuns = 3;

    // A masked language model answers a number a token and entry of its vocabulary: 64 MB of them.
    private const long VocabularyLogits = 16 << 20;

    // Of one text: few tell little, for one run among them that had to wait is a third of three.
    private const int MinPairs = 9;

    private static readonly TimeSpan _slice = TimeSpan.FromMilliseconds(40);

    private int Length => Math.Min(TextTokens, info.MaxLength);

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
        var plan = ChooseBudget(narrow, sessions, threads);

        var wideThreads = Environment.ProcessorCount;
        if (threads >= wideThreads || options.ThreadsPerSession > 0 || narrow.Provider != "cpu")
            return (plan, new ModelSessions(narrow, null));
        var wide = create(wideThreads);
        var keep = false;
        try
        {
            keep = IsSooner(wide, narrow);
        }
        finally
        {
            // Where a run fails its exception refuses the model, and the caller has the narrow session alone.
            if (!keep)
                wide.Dispose();
        }

        return keep ? (plan with { WideThreads = wideThreads }, new ModelSessions(narrow, wide)) : (plan, new ModelSessions(narrow, null));
    }

    /// <summary>The smallest batch that is nearly as fast, a token, as the best.</summary>
    private SessionPlan ChooseBudget(OrtSession session, int sessions, int threads)
    {
        int[] budgets = options.MaxBatchTokens > 0 ? [options.MaxBatchTokens]
            : info.Task == ModelTask.Sparse ? [(int)Math.Clamp(VocabularyLogits / info.Dimensions, MinTokens, _budgets[^1])]
            : session.Provider == "cpu" ? _budgets : _acceleratorBudgets;
        var rates = new double[budgets.Length];
        for (var i = 0; i < rates.Length; i++)
        {
            var items = Math.Clamp(budgets[i] / TextTokens, 1, options.MaxBatchItems);
            rates[i] = sessions * items * Length / Typical(session, sessions, items);
        }

        var best = rates.Max();
        var chosen = Array.FindIndex(rates, rate => rate * WorthwhileBatch >= best);
        return new SessionPlan(sessions, threads, 0, budgets[chosen], rates[chosen]);
    }

    /// <summary>
    /// Seconds of the median of several runs, while as many others go on. Not of the fastest: that one had the memory's
    /// bandwidth to itself for a moment.
    /// </summary>
    private double Typical(OrtSession session, int sessions, int items)
    {
        using var start = new Barrier(sessions);
        var typical = new double[sessions];
        ComputeThread.RunAll("measure", sessions, own =>
        {
            try
            {
                typical[own] = Typical(session, items, start);
            }
            catch
            {
                // The others must not wait for this one.
                start.RemoveParticipant();
                throw;
            }
        });
        return typical.Average();
    }

    private double Typical(OrtSession session, int items, Barrier start)
    {
        using var runner = new SessionRunner(new ModelSessions(session, null), layout, padId);
        var batch = SessionRunner.ProbeBatch(items, Length, padId);
        runner.Compute(batch, alone: false);
        start.SignalAndWait();
        var seconds = new List<double>();
        var began = time.GetTimestamp();
        do
        {
            var run = time.GetTimestamp();
            runner.Compute(batch, alone: false);
            seconds.Add(time.GetElapsedTime(run).TotalSeconds);
        }
        while (seconds.Count < MinRuns || time.GetElapsedTime(began) < _slice);
        return Median(seconds);
    }

    /// <summary>Whether a session answers one text clearly sooner than another. They run in turn, so that what else the machine does meanwhile slows both.</summary>
    private bool IsSooner(OrtSession session, OrtSession than)
    {
        var sooner = false;
        ComputeThread.RunAll("measure", 1, _ =>
        {
            using var first = new SessionRunner(new ModelSessions(session, null), layout, padId);
            using var second = new SessionRunner(new ModelSessions(than, null), layout, padId);
            var batch = SessionRunner.ProbeBatch(1, Length, padId);
            // Unmeasured: what a session's first run allocates.
            Run(first);
            Run(second);
            var (one, other) = (new List<double>(), new List<double>());
            var began = time.GetTimestamp();
            do
            {
                one.Add(Run(first));
                other.Add(Run(second));
            }
            while (one.Count < MinPairs || time.GetElapsedTime(began) < 2 * _slice);
            sooner = Median(other) > Median(one) * WorthwhileWidth;

            double Run(SessionRunner runner)
            {
                var run = time.GetTimestamp();
                runner.Compute(batch, alone: false);
                return time.GetElapsedTime(run).TotalSeconds;
            }
        });
        return sooner;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
