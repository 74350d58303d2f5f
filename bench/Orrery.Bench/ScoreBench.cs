using System.Text.Json;
using Orrery.Engine.Models;
using Orrery.Training.Heads;

namespace Orrery.Bench;

/// <summary>What scoring adds to embedding, at saturation, in turn on one server; and what the shipped model and detectors take.</summary>
internal sealed class ScoreBench(BenchTimes times, string[] texts, Report report)
{
    private const int Clients = 64;

    public async Task RunAsync()
    {
        await OverheadAsync("all-minilm-l6-v2", Places.Model("all-minilm-l6-v2"));
        await OverheadAsync("orrery-mini", Directory.GetDirectories(Path.Combine(Places.Root, "samples", "models", "orrery-mini")).Max()!);
        await ShippedAsync();
    }

    private async Task OverheadAsync(string model, string directory)
    {
        report.Section($"Scoring over {model}: what it adds to embedding, {Clients} clients, one text a request");
        var detectors = Heads(model, directory);
        using var server = await StartAsync(["--models", directory, "--detectors", detectors], HttpLoad.ScoreRequests(["two"], texts, 1)[0]);
        (string Name, HttpLoad Load)[] sides =
        [
            ("embeddings alone", new(server.Port, HttpLoad.EmbeddingRequests("", texts, 1), 1)),
            ("one detector of 2 classes", new(server.Port, HttpLoad.ScoreRequests(["two"], texts, 1), 1)),
            ("three: 2 classes, 77 classes, 2 by 1,000 support vectors", new(server.Port, HttpLoad.ScoreRequests(["two", "many", "kernel"], texts, 1), 1)),
        ];
        await sides[0].Load.ClosedAsync(Clients, times.Slice);
        var rates = sides.Select(_ => new List<double>()).ToArray();
        var cpu = sides.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < times.Rounds; round++)
        {
            for (var side = 0; side < sides.Length; side++)
            {
                var before = server.CpuSeconds;
                var result = await sides[side].Load.ClosedAsync(Clients, times.Slice);
                rates[side].Add(result.TextsPerSecond);
                cpu[side].Add(1e6 * (server.CpuSeconds - before) / result.Answered);
            }
        }

        report.Table("Medians over rounds; added time is that of a text, as the median over rounds of the ratio to the same round's embeddings", ["what", "texts/s", "server's processor, microseconds a text", "added time"],
            sides.Select((side, i) => new[]
            {
                side.Name, $"{EmbedBench.Median(rates[i]):F0}", $"{EmbedBench.Median(cpu[i]):F0}",
                i == 0 ? "" : $"{100 * (EmbedBench.Median([.. rates[0].Zip(rates[i], (alone, scored) => alone / scored)]) - 1):F1} %",
            }));
        report.Line("To reach: at most 3 % for scoring.");
    }

    private async Task ShippedAsync()
    {
        report.Section("What ships, as `./orrery serve` finds it");
        var request = HttpLoad.ScoreRequests([], texts, 1);
        var root = Places.Root;
        using var server = await StartAsync(["--models", Path.Combine(root, "samples", "models", "orrery-mini"), "--detectors", Path.Combine(root, "samples", "detectors")], request[0]);
        report.Line($"First answer {server.SecondsToFirstAnswer:F2} s after process start; resident memory then {server.ResidentMegabytes:F0} MB.");
        var peak = 0.0;
        var load = new HttpLoad(server.Port, request, 1);
        foreach (var clients in (int[])[1, 8, Clients])
        {
            var result = await load.ClosedAsync(clients, times.Slice);
            peak = Math.Max(peak, server.ResidentMegabytes);
            report.Line($"{clients} clients, every default detector: {result.TextsPerSecond:F0} texts/s, p50 {1000 * result.Latency(0.5):F2} ms, p99 {1000 * result.Latency(0.99):F2} ms, resident {server.ResidentMegabytes:F0} MB.");
        }

        report.Line($"**Resident memory while scoring: {peak:F0} MB** (to reach: 150).");
    }

    private static Task<ServerProcess> StartAsync(string[] arguments, byte[] request) =>
        ServerProcess.StartAsync(Places.Orrery, ["serve", "--port", "{port}", .. arguments], request);

    /// <summary>Heads over a model, trained on noise: their cost depends on their shape alone.</summary>
    private static string Heads(string model, string directory)
    {
        var root = Path.Combine(Places.Root, ".cache", "bench", "detectors", model);
        var digest = new ModelStore().Scan([directory], default)[0].Digest;
        var dimensions = model == "orrery-mini" ? 256 : 384;
        Write("two", 2, 2000, new HeadOptions());
        Write("many", 77, 2000, new HeadOptions());
        Write("kernel", 2, 1000, new HeadOptions { Kind = HeadKind.RbfSvm, C = 0.01 });
        return root;

        void Write(string name, int classes, int rows, HeadOptions options)
        {
            var (matrix, labels) = TrainingBench.Clusters(rows, dimensions, classes);
            var head = HeadTrainer.Fit(matrix, labels, classes, options).Value!;
            var folder = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
            using (var file = File.Create(Path.Combine(folder, "head.onnx")))
                head.WriteOnnx(file, [.. Enumerable.Range(0, classes).Select(i => $"class {i}")]);
            File.WriteAllText(Path.Combine(folder, "detector.json"), JsonSerializer.Serialize(new { model, model_digest = digest }));
        }
    }
}
