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
    private static readonly int[] _batches = [1, 2, 4, 8, 16, 32, 64];
    private readonly OrtEnvironment _environment = OrtEnvironment.Create();
    private readonly Dictionary<int, OrtSession> _sessions = [];
    private readonly string _graph;
    private readonly Tokenizer _tokenizer;
    private readonly int[][] _ids;

    /// <param name="directory">A model directory.</param>
    /// <param name="texts">What to run.</param>
    /// <param name="maxLength">Tokens a text is cut at.</param>
    public RawOnnxRuntime(string directory, string[] texts, int maxLength)
    {
        _graph = ModelFiles.Find(directory)!.Graph;
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

    /// <summary>The fastest setting, by a short run of each.</summary>
    public (RawSetting Best, List<(RawSetting Setting, double TextsPerSecond)> All) Search(TimeSpan each)
    {
        var all = new List<(RawSetting, double)>();
        var cores = Environment.ProcessorCount;
        // A whole pass over a sample for each, so that every setting computes the same texts. Every tenth text is a long one: not every eighth.
        var sample = _ids.Where((_, i) => i % 7 == 0).ToArray();
        foreach (var (sessions, threads) in ((int, int)[])[(cores, 1), (1, cores), (cores, cores)])
        {
            foreach (var batch in _batches)
            {
                var setting = new RawSetting(sessions, threads, batch);
                all.Add((setting, Measure(setting, sample, each)));
            }
        }

        return (all.MaxBy(one => one.Item2).Item1, all);
    }

    /// <summary>Texts a second over all texts.</summary>
    public double TextsPerSecond(RawSetting setting, TimeSpan atLeast) => Measure(setting, _ids, atLeast);

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

    private double Measure(RawSetting setting, int[][] ids, TimeSpan atLeast)
    {
        var session = Session(setting.Threads);
        var batches = ids.OrderBy(text => text.Length).Chunk(setting.Batch).ToArray();
        new Random(1).Shuffle(batches);
        Pass(session, setting, batches[..Math.Min(batches.Length, setting.Sessions * 2)]);
        var clock = Stopwatch.StartNew();
        var texts = 0;
        do
        {
            Pass(session, setting, batches);
            texts += ids.Length;
        }
        while (clock.Elapsed < atLeast);
        return texts / clock.Elapsed.TotalSeconds;
    }

    private void Pass(OrtSession session, RawSetting setting, int[][][] batches)
    {
        var next = -1;
        var threads = new Thread[setting.Sessions];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() =>
            {
                using var runner = new SessionRunner(new ModelSessions(session, null), Layout(session), _tokenizer.PadId);
                for (var at = Interlocked.Increment(ref next); at < batches.Length; at = Interlocked.Increment(ref next))
                    runner.Compute(Batch(batches[at]), alone: false);
            });
            threads[i].Start();
        }

        foreach (var thread in threads)
            thread.Join();
    }

    private static List<Engine.Batching.QueueEntry> Batch(int[][] texts)
    {
        var job = new TextJob(new Engine.TextOutput(1, [], []) { Version = "" }, default, texts.Length);
        return [.. texts.Select((ids, i) => new TextItem { Ids = ids, Length = ids.Length, Job = job, Index = i })];
    }

    private static GraphLayout Layout(OrtSession session) => GraphLayout.Recognize(session.Inputs, session.Outputs, null, graphPools: false)!;

    private OrtSession Session(int threads)
    {
        if (!_sessions.TryGetValue(threads, out var session))
            session = _sessions[threads] = new OrtSession(_environment, _graph, new OrtSessionOptions { IntraOpThreads = threads, Providers = [ExecutionProvider.Cpu] });
        return session;
    }
}
