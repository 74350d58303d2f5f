using System.Diagnostics;
using Orrery.Engine.Execution;
using Orrery.Engine.Models;
using Orrery.Engine.OnnxRuntime;
using Orrery.Engine.Tokenization;

namespace Orrery.Bench;

/// <summary>How raw ONNX Runtime was run.</summary>
/// <param name="Sessions">Concurrent runs.</param>
/// <param name="Threads">Threads within each.</param>
/// <param name="Batch">Texts a run.</param>
internal sealed record RawSetting(int Sessions, int Threads, int Batch);

/// <summary>
/// ONNX Runtime alone: texts tokenized and sorted by length beforehand, no queue, no pooling, no answers. The limit of what
/// a server around it can do.
/// </summary>
internal sealed class RawOnnxRuntime : IDisposable
{
    private readonly OrtEnvironment _environment = OrtEnvironment.Create();
    private readonly Dictionary<int, OrtSession> _sessions = [];
    private readonly string _device;
    private readonly string _graph;
    private readonly Tokenizer _tokenizer;
    private readonly int[][] _ids;

    /// <param name="directory">A model directory.</param>
    /// <param name="texts">What to run.</param>
    /// <param name="maxLength">Tokens a text is cut at.</param>
    /// <param name="device">The execution provider.</param>
    public RawOnnxRuntime(string directory, string[] texts, int maxLength, string device = "cpu")
    {
        _device = device;
        _graph = ModelFiles.Open(directory, []).Graph;
        _tokenizer = Tokenizer.FromDirectory(directory);
        var encoding = new Encoding();
        _ids = Array.ConvertAll(texts, text =>
        {
            _tokenizer.Encode(text, new EncodeOptions(MaxLength: maxLength), encoding);
            return encoding.Ids.ToArray();
        });
    }

    public string Version => _environment.Version;

    /// <summary>Tokens of all texts.</summary>
    public int Tokens => _ids.Sum(ids => ids.Length);

    /// <summary>What each text counts for: its tokens over those of a mean one.</summary>
    public double[] Weights => Array.ConvertAll(_ids, ids => ids.Length * (double)_ids.Length / Tokens);

    /// <summary>The fastest setting, by a short run of each.</summary>
    public (RawSetting Best, List<(RawSetting Setting, double TextsPerSecond)> All) Search(TimeSpan each)
    {
        var all = new List<(RawSetting, double)>();
        var cores = Environment.ProcessorCount;
        (int, int)[] shapes = _device == "cpu" ? [(cores, 1), (1, cores), (cores, cores)] : [(1, 1), (2, 1), (4, 1)];
        int[] batches = _device == "cpu" ? [1, 2, 4, 8, 16, 32, 64] : [16, 64, 256, 512];
        foreach (var (sessions, threads) in shapes)
        {
            foreach (var batch in batches)
            {
                var setting = new RawSetting(sessions, threads, batch);
                all.Add((setting, TextsPerSecond(setting, each)));
            }
        }

        return (all.MaxBy(one => one.Item2).Item1, all);
    }

    /// <summary>Texts of the mean length a second: batches of all texts, taken at random until the time is over.</summary>
    public double TextsPerSecond(RawSetting setting, TimeSpan duration) => Measure(setting, duration).TextsPerSecond;

    /// <summary>As <see cref="TextsPerSecond"/>, with the seconds of processor that a text of the mean length took.</summary>
    public (double TextsPerSecond, double CpuSeconds) Measure(RawSetting setting, TimeSpan duration)
    {
        var session = Session(setting.Threads);
        var batches = _ids.OrderBy(text => text.Length).Chunk(setting.Batch).Select(Batch).ToArray();
        new Random(1).Shuffle(batches);
        var next = -1;
        var rates = new double[setting.Sessions];
        var (all, cpu) = (0L, 0.0);
        using var start = new Barrier(setting.Sessions, _ => cpu = Environment.CpuUsage.TotalTime.TotalSeconds);
        var threads = Enumerable.Range(0, setting.Sessions).Select(own => new Thread(() => Run(own))).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        var texts = (double)Tokens / _ids.Length;
        return (rates.Sum() / texts, (Environment.CpuUsage.TotalTime.TotalSeconds - cpu) * texts / all);

        void Run(int own)
        {
            using var runner = new SessionRunner(new ModelSessions(session, null), Layout(session), _tokenizer.PadId);
            var tokens = 0L;
            runner.Compute(batches[own % batches.Length], alone: false);
            start.SignalAndWait();
            var clock = Stopwatch.StartNew();
            do
            {
                var batch = batches[(int)((uint)Interlocked.Increment(ref next) % (uint)batches.Length)];
                runner.Compute(batch, alone: false);
                tokens += batch.Sum(text => text.Length);
            }
            while (clock.Elapsed < duration);
            rates[own] = tokens / clock.Elapsed.TotalSeconds;
            Interlocked.Add(ref all, tokens);
        }
    }

    /// <summary>Median seconds of single runs of one text each, with so many threads.</summary>
    public double SingleRun(int threads, int runs)
    {
        using var runner = new SessionRunner(new ModelSessions(Session(threads), null), Layout(Session(threads)), _tokenizer.PadId);
        var seconds = new List<double>();
        for (var i = 0; i < runs; i++)
        {
            var batch = Batch([_ids[i % _ids.Length]]);
            var start = Stopwatch.GetTimestamp();
            runner.Compute(batch, alone: false);
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        seconds.Sort();
        return seconds[seconds.Count / 2];
    }

    public void Dispose()
    {
        foreach (var session in _sessions.Values)
            session.Dispose();
    }

    private static List<Engine.Batching.QueueEntry> Batch(int[][] texts)
    {
        var job = new TextJob(new Engine.TextOutput(1, [], []) { Version = "" }, default, texts.Length);
        return [.. texts.Select((ids, i) => new TextItem { Ids = ids, Length = ids.Length, Job = job, Index = i })];
    }

    private static GraphLayout Layout(OrtSession session) => GraphLayout.Recognize(session.Inputs, session.Outputs, null, null, null, null)!;

    private OrtSession Session(int threads)
    {
        if (!_sessions.TryGetValue(threads, out var session))
            session = _sessions[threads] = new OrtSession(_environment, _graph, new OrtSessionOptions { IntraOpThreads = threads, Providers = ProviderNames.Parse([_device]) });
        return session;
    }
}
