namespace Orrery.Bench;

/// <summary>How long measurements take.</summary>
/// <param name="Slice">Each load.</param>
/// <param name="Rounds">Times that raw and server are measured in turn; ratios are medians over rounds.</param>
internal sealed record BenchTimes(TimeSpan Slice, int Rounds);

/// <summary>
/// Text in, embeddings out: raw ONNX Runtime, the server, a plain server and a Node.js server, over the same texts, on the
/// same cores, in one run.
/// </summary>
/// <param name="kind">The encoder.</param>
/// <param name="device">What runs it: the execution provider of raw ONNX Runtime and of the server.</param>
/// <param name="times">How long.</param>
/// <param name="texts">The texts.</param>
/// <param name="report">What is written to.</param>
internal sealed class EmbedBench(string kind, string device, BenchTimes times, string[] texts, Report report)
{
    // An accelerator needs more texts in flight than two cores do before it has as much as it can take.
    private readonly int[] _clients = device == "cpu" ? [1, 8, 64, 256] : [1, 64, 256, 1024];
    private readonly int _saturating = device == "cpu" ? 64 : 512;
    // The queue's limit is 2 s of work, and twice as much more arrives as is done.
    private static readonly TimeSpan _fill = TimeSpan.FromSeconds(3);

    public async Task RunAsync(bool peers)
    {
        var directory = Places.Model(kind);
        var name = Path.GetFileName(directory);
        using var raw = new RawOnnxRuntime(directory, texts, maxLength: kind == "all-minilm-l6-v2" ? 256 : 512, device);
        report.Section($"{kind}: {texts.Length} texts, {raw.Tokens} tokens ({(double)raw.Tokens / texts.Length:F1} a text), ONNX Runtime {raw.Version} on {device}");

        var (best, all) = raw.Search(TimeSpan.FromSeconds(times.Slice.TotalSeconds / 4));
        report.Table("Raw ONNX Runtime, tokens prepared and sorted by length: the search for its best setting",
            ["concurrent runs x threads", "texts a run", "texts/s"],
            all.Select(one => new[] { $"{one.Setting.Sessions} x {one.Setting.Threads}", $"{one.Setting.Batch}", $"{one.TextsPerSecond:F0}" }));

        var singles = HttpLoad.EmbeddingRequests(name, texts, 1);
        await ServerAsync(raw, best, directory, singles);
        if (peers)
            await PeersAsync(directory, singles, raw.Weights);
    }

    private async Task ServerAsync(RawOnnxRuntime raw, RawSetting best, string directory, List<byte[]> singles)
    {
        // A first start measures how to run the model and keeps the plan; what is timed is every start after it.
        var starts = new List<double>();
        for (var start = 0; start <= times.Rounds; start++)
        {
            using var warm = await OrreryAsync(directory, device, singles[0]);
            if (start > 0)
                starts.Add(warm.SecondsToFirstAnswer);
        }

        using var server = await OrreryAsync(directory, device, singles[0]);
        report.Line($"First answer {Median(starts):F2} s after process start (median of {starts.Count} warm starts, {starts.Min():F2} to {starts.Max():F2}; to reach: 1.0); resident memory then {server.ResidentMegabytes:F0} MB.");
        var load = new HttpLoad(server.Port, singles, 1, raw.Weights);
        await load.ClosedAsync(_saturating, times.Slice);
        await SaturationAsync(raw, best, server, load);
        await LoadsAsync("orrery", server, singles, raw.Weights);
        await PaddingAsync(server);
        await UnloadedAsync(raw, load);
        await OverloadAsync(load);
        report.Line($"Resident memory after all of it: {server.ResidentMegabytes:F0} MB (to reach: 300).");
    }

    private async Task SaturationAsync(RawOnnxRuntime raw, RawSetting best, ServerProcess server, HttpLoad load)
    {
        var rows = new List<string[]>();
        var (rates, costs) = (new List<double>(), new List<double>());
        for (var round = 0; round < times.Rounds; round++)
        {
            var limit = raw.Measure(best, times.Slice);
            var (own, before) = (Environment.CpuUsage.TotalTime.TotalSeconds, server.CpuSeconds);
            var served = await load.ClosedAsync(_saturating, times.Slice);
            var (cpu, clients) = ((server.CpuSeconds - before) / served.Answered, (Environment.CpuUsage.TotalTime.TotalSeconds - own) / served.Answered);
            rates.Add(served.TextsPerSecond / limit.TextsPerSecond);
            costs.Add(limit.CpuSeconds / cpu);
            rows.Add(
            [
                $"{round + 1}", $"{limit.TextsPerSecond:F0}", $"{served.TextsPerSecond:F0}", $"{rates[^1]:F3}",
                $"{1e6 * limit.CpuSeconds:F0}", $"{1e6 * cpu:F0}", $"{costs[^1]:F3}", $"{1e6 * clients:F0}",
            ]);
        }

        report.Table($"Saturation, raw ({best.Sessions} x {best.Threads}, {best.Batch} texts a run) and server ({_saturating} clients, one text a request) in turn; processor times are a text's",
            ["round", "raw texts/s", "server texts/s", "server / raw", "raw, processor µs", "server, processor µs", "raw / server", "clients, processor µs"], rows);
        report.Line($"**Server / raw at saturation: {Median(rates):F3}** (median; to reach: 0.95 with all-minilm-l6-v2, 0.92 with distilroberta). By processor time of a text {Median(costs):F3}: what others take from the cores is not in that, nor are the clients.");
    }

    private async Task LoadsAsync(string who, ServerProcess server, List<byte[]> singles, double[] weights)
    {
        var rows = new List<string[]>();
        foreach (var clients in _clients)
        {
            rows.Add(Row($"{clients}", 1, await new HttpLoad(server.Port, singles, 1, weights).ClosedAsync(clients, times.Slice)));
        }

        var many = HttpLoad.EmbeddingRequests(kind, texts, 32);
        double[] sums = [.. weights.Chunk(32).Select(some => some.Sum())];
        rows.Add(Row("4", 32, await new HttpLoad(server.Port, many, 32, sums).ClosedAsync(4, times.Slice)));
        report.Table($"{who} over loopback HTTP", ["clients", "texts a request", "texts/s", "p50 ms", "p99 ms", "failed"], rows);
    }

    private async Task PaddingAsync(ServerProcess server)
    {
        var tokens = await server.MetricAsync("orrery_engine_tokens_total");
        var padding = await server.MetricAsync("orrery_engine_padding_total");
        report.Line($"Padding: {100 * padding / (tokens + padding):F2} % of computed tokens, over all loads so far (to reach: 5).");
    }

    private async Task UnloadedAsync(RawOnnxRuntime raw, HttpLoad load)
    {
        var differences = new List<double>();
        for (var round = 0; round < times.Rounds; round++)
        {
            var single = Math.Min(raw.SingleRun(1, 400), raw.SingleRun(Environment.ProcessorCount, 400));
            var served = await load.ClosedAsync(1, times.Slice);
            differences.Add(1000 * (served.Latency(0.5) - single));
            report.Line($"Unloaded, round {round + 1}: raw single run p50 {1000 * single:F2} ms (the faster of 1 and {Environment.ProcessorCount} threads), server p50 {1000 * served.Latency(0.5):F2} ms.");
        }

        report.Line($"**Unloaded p50 over raw: {Median(differences):F2} ms** (median; to reach: 0.5).");
    }

    private async Task OverloadAsync(HttpLoad load)
    {
        var rows = new List<string[]>();
        var ratios = new List<double>();
        for (var round = 0; round < times.Rounds; round++)
        {
            // The peak of the same minute, for the machine's speed drifts; of a queue as long as half a second's work, and of one as long as it may be.
            var (few, many) = (await load.ClosedAsync(_saturating, times.Slice), await load.ClosedAsync(4 * _saturating, times.Slice));
            var peak = Math.Max(few.TextsPerSecond, many.TextsPerSecond);
            var result = await load.OpenAsync(3 * peak, _fill, times.Slice);
            ratios.Add(result.TextsPerSecond / peak);
            rows.Add(
            [
                $"{round + 1}", $"{peak:F0}", $"{3 * peak:F0}", $"{result.TextsPerSecond:F0}", $"{ratios[^1]:F3}", $"{1000 * result.Latency(0.5):F0}", $"{1000 * result.Latency(0.99):F0}",
                $"{result.Refusals.Length}", $"{1000 * result.Refusal(0.5):F2}", $"{1000 * result.Refusal(0.99):F2}", $"{result.Failures}",
            ]);
        }

        report.Table($"Three times the peak offered, for {_fill.TotalSeconds:F0} s until the queue is full and {times.Slice.TotalSeconds:F0} s that are counted",
            ["round", "peak, texts/s", "offered", "goodput", "of the peak", "answered p50 ms", "p99 ms", "refused", "refused p50 ms", "p99 ms", "failed"], rows);
        report.Line($"**Goodput at three times the peak: {Median(ratios):F3} of the peak** (median; to reach: 0.95; refusals' p99: 5 ms).");
    }

    private async Task PeersAsync(string directory, List<byte[]> singles, double[] weights)
    {
        using (var plain = await ServerProcess.StartAsync("dotnet", [Path.Combine(Places.Root, "bench", "PlainServer", "bin", "Release", "net10.0", "plain-server.dll"), directory, "{port}"], singles[0]))
        {
            report.Line($"Plain server (ASP.NET minimal API, one session behind a semaphore): first answer after {plain.SecondsToFirstAnswer:F2} s, {plain.ResidentMegabytes:F0} MB.");
            await LoadsAsync("Plain server", plain, singles, weights);
        }

        var folder = Path.Combine(Places.Root, "bench", "peers", "node-server");
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
            Places.Run(folder, "npm", "ci", "--ignore-scripts");
        using var node = await ServerProcess.StartAsync("node", [Path.Combine(folder, "server.mjs"), directory, "{port}"], singles[0]);
        report.Line($"Node.js server (onnxruntime-node, @huggingface/transformers): first answer after {node.SecondsToFirstAnswer:F2} s, {node.ResidentMegabytes:F0} MB.");
        await LoadsAsync("Node.js server", node, singles, weights);
    }

    /// <summary>Starts the server with one model on one device, which is no preference: where it cannot run the model nothing answers.</summary>
    public static Task<ServerProcess> OrreryAsync(string directory, string device, byte[] request) =>
        ServerProcess.StartAsync(Places.Orrery, ["serve", "--models", directory, "--device", device, "--port", "{port}"], request);

    private static string[] Row(string clients, int texts, LoadResult result) =>
        [clients, $"{texts}", $"{result.TextsPerSecond:F0}", $"{1000 * result.Latency(0.5):F2}", $"{1000 * result.Latency(0.99):F2}", $"{result.Failures + result.Refusals.Length}"];

    public static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
