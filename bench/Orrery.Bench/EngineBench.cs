using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine;

namespace Orrery.Bench;

/// <summary>The engine without HTTP: what tokenization, queue, batching and pooling cost over raw ONNX Runtime.</summary>
internal static class EngineBench
{
    public static async Task RunAsync(string kind, string[] texts, BenchTimes times, int[] clients)
    {
        var directory = Places.Model(kind);
        using var raw = new RawOnnxRuntime(directory, texts, 256);
        var best = new RawSetting(Environment.ProcessorCount, 1, 8);
        var options = new EngineOptions { ModelDirectories = [directory], MaxQueueDelay = TimeSpan.FromSeconds(10) };
        await using var backend = await LocalBackend.CreateAsync(options, NullLoggerFactory.Instance, TimeProvider.System, default);
        var load = Stopwatch.StartNew();
        await backend.LoadAllAsync(default);
        var info = backend.Find("").Value!;
        Console.WriteLine($"loaded in {load.Elapsed.TotalSeconds:F2} s: {info.Sessions} x {info.ThreadsPerSession}, batches of {info.MaxBatchTokens} tokens; resident {Environment.WorkingSet / 1e6:F0} MB");
        for (var round = 0; round < times.Rounds; round++)
        {
            var limit = raw.TextsPerSecond(best, times.Slice);
            Console.WriteLine($"raw {best}: {limit:F0} texts/s");
            foreach (var count in clients)
            {
                var (rate, p50) = await LoadAsync(backend, texts, count, times.Slice);
                Console.WriteLine($"{count} clients: {rate:F0} texts/s, {rate / limit:F3} of raw, p50 {1000 * p50:F2} ms");
            }
        }
    }

    private static async Task<(double Rate, double P50)> LoadAsync(LocalBackend backend, string[] texts, int clients, TimeSpan duration)
    {
        var next = -1;
        var latencies = new List<double>();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(ClientAsync)));
        latencies.Sort();
        return (latencies.Count / clock.Elapsed.TotalSeconds, latencies[latencies.Count / 2]);

        async Task ClientAsync()
        {
            while (clock.Elapsed < duration)
            {
                var text = texts[(int)((uint)Interlocked.Increment(ref next) % (uint)texts.Length)];
                var start = Stopwatch.GetTimestamp();
                using var output = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of(text)] }, default)).Value!;
                var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                lock (latencies)
                    latencies.Add(seconds);
            }
        }
    }
}
