using System.Globalization;

namespace Orrery.Bench;

/// <summary>How long measurements take.</summary>
/// <param name="Slice">Each load.</param>
/// <param name="Rounds">Times that raw and server are measured in turn; ratios are medians over rounds.</param>
internal sealed record BenchTimes(TimeSpan Slice, int Rounds);

/// <summary>
/// Text in, embeddings out: raw ONNX Runtime, the server, a plain server and a Node.js server, over the same texts, on the
/// same cores, in one run.
/// </summary>
internal sealed class EmbedBench(string kind, BenchTimes times, string[] texts, Report report)
{
    private static readonly int[] _clients = [1, 8, 64, 256];

    public async Task RunAsync()
    {
        var directory = Places.Model(kind);
        var name = Path.GetFileName(directory);
        using var raw = new RawOnnxRuntime(directory, texts, maxLength: kind == "minilm-l6" ? 256 : 512);
        report.Section($"{kind}: {texts.Length} texts, {raw.Tokens} tokens ({(double)raw.Tokens / texts.Length:F1} a text), ONNX Runtime {raw.Version}");

        var (best, all) = raw.Search(TimeSpan.FromSeconds(times.Slice.TotalSeconds / 4));
        report.Table("Raw ONNX Runtime, tokens prepared and sorted by length: the search for its best setting",
            ["concurrent runs x threads", "texts a run", "texts/s"],
            all.Select(one => new[] { $"{one.Setting.Sessions} x {one.Setting.Threads}", $"{one.Setting.Batch}", $"{one.TextsPerSecond:F0}" }));

        var singles = HttpLoad.EmbeddingRequests(name, texts, 1);
        await ServerAsync(raw, best, directory, singles);
        await PeersAsync(directory, singles);
    }

    private async Task ServerAsync(RawOnnxRuntime raw, RawSetting best, string directory, List<byte[]> singles)
    {
        // A first start measures how to run the model and keeps the plan; what is timed is every start after it.
        using (await OrreryAsync(directory, singles[0]))
        {
        }

        using var server = await OrreryAsync(directory, singles[0]);
        report.Line($"First answer {server.SecondsToFirstAnswer:F2} s after process start; resident memory then {server.ResidentMegabytes:F0} MB.");
        var load = new HttpLoad(server.Port, singles, 1);
        await load.ClosedAsync(64, times.Slice);

        var ratios = new List<double>();
        var rates = new List<(double Raw, double Server)>();
        for (var round = 0; round < times.Rounds; round++)
        {
            var limit = raw.TextsPerSecond(best, times.Slice);
            var served = await load.ClosedAsync(64, times.Slice);
            rates.Add((limit, served.TextsPerSecond));
            ratios.Add(served.TextsPerSecond / limit);
        }

        report.Table($"Saturation, raw ({best.Sessions} x {best.Threads}, {best.Batch} texts a run) and server (64 clients, one text a request) in turn",
            ["round", "raw texts/s", "server texts/s", "server / raw"],
            rates.Select((rate, i) => new[] { $"{i + 1}", $"{rate.Raw:F0}", $"{rate.Server:F0}", $"{rate.Server / rate.Raw:F3}" }));
        report.Line($"**Server / raw at saturation: {Median(ratios):F3}** (median; to reach: 0.92).");

        var peak = await LoadsAsync("orrery", server, singles);
        await PaddingAsync(server);
        await UnloadedAsync(raw, load);
        await OverloadAsync(load, peak);
        report.Line($"Resident memory after all of it: {server.ResidentMegabytes:F0} MB (to reach: 300).");
    }

    private async Task<double> LoadsAsync(string who, ServerProcess server, List<byte[]> singles)
    {
        var rows = new List<string[]>();
        var peak = 0.0;
        foreach (var clients in _clients)
        {
            var result = await new HttpLoad(server.Port, singles, 1).ClosedAsync(clients, times.Slice);
            peak = Math.Max(peak, result.TextsPerSecond);
            rows.Add(Row($"{clients}", 1, result));
        }

        var many = HttpLoad.EmbeddingRequests(kind, texts, 32);
        rows.Add(Row("4", 32, await new HttpLoad(server.Port, many, 32).ClosedAsync(4, times.Slice)));
        report.Table($"{who} over loopback HTTP", ["clients", "texts a request", "texts/s", "p50 ms", "p99 ms", "failed"], rows);
        return peak;
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

    private async Task OverloadAsync(HttpLoad load, double peak)
    {
        var result = await load.OpenAsync(3 * peak, 2 * times.Slice);
        report.Line(string.Create(CultureInfo.InvariantCulture,
            $"**At three times the peak ({3 * peak:F0} requests/s offered): goodput {result.TextsPerSecond:F0} texts/s, {result.TextsPerSecond / peak:F3} of the peak** (to reach: 0.95); {result.Refusals.Length} refused, p50 {1000 * result.Refusal(0.5):F2} ms, p99 {1000 * result.Refusal(0.99):F2} ms (to reach: 5); answered p50 {1000 * result.Latency(0.5):F0} ms, p99 {1000 * result.Latency(0.99):F0} ms; {result.Failures} failed otherwise."));
    }

    private async Task PeersAsync(string directory, List<byte[]> singles)
    {
        using (var plain = await ServerProcess.StartAsync("dotnet", [Path.Combine(Places.Root, "bench", "PlainServer", "bin", "Release", "net10.0", "plain-server.dll"), directory, "{port}"], singles[0]))
        {
            report.Line($"Plain server (ASP.NET minimal API, one session behind a semaphore): first answer after {plain.SecondsToFirstAnswer:F2} s, {plain.ResidentMegabytes:F0} MB.");
            await LoadsAsync("Plain server", plain, singles);
        }

        var folder = Path.Combine(Places.Root, "bench", "peers", "node-server");
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
            Places.Run(folder, "npm", "ci", "--ignore-scripts");
        using var node = await ServerProcess.StartAsync("node", [Path.Combine(folder, "server.mjs"), directory, "{port}"], singles[0]);
        report.Line($"Node.js server (onnxruntime-node, @huggingface/transformers): first answer after {node.SecondsToFirstAnswer:F2} s, {node.ResidentMegabytes:F0} MB.");
        await LoadsAsync("Node.js server", node, singles);
    }

    private static Task<ServerProcess> OrreryAsync(string directory, byte[] request) =>
        ServerProcess.StartAsync(Path.Combine(Places.Root, "orrery"), ["serve", "--models", directory, "--port", "{port}"], request);

    private static string[] Row(string clients, int texts, LoadResult result) =>
        [clients, $"{texts}", $"{result.TextsPerSecond:F0}", $"{1000 * result.Latency(0.5):F2}", $"{1000 * result.Latency(0.99):F2}", $"{result.Failures + result.Refusals.Length}"];

    public static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
