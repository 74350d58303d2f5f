namespace Orrery.Bench;

/// <summary>What keeping and searching cost in the flow, over HTTP and on what ships: one server, one text a request.</summary>
internal sealed class VectorFlowBench(Report report, BenchTimes times, string[] texts)
{
    public async Task RunAsync()
    {
        report.Section("In the flow: orrery-mini over HTTP, one text a request");
        var folder = Directory.CreateTempSubdirectory("orrery-bench-").FullName;
        var root = Places.Root;
        var keep = HttpLoad.Requests("/v1/embeddings", texts, 1, input => Embed(input, $",\"upsert\":{Upsert(input)}"));
        using (var server = await ServerProcess.StartAsync(
            Places.Orrery,
            ["serve", "--port", "{port}", "--models", Path.Combine(root, "samples", "models", "orrery-mini"), "--detectors", Path.Combine(root, "samples", "detectors")],
            keep[0], ("VECTOR_DIR", folder)))
        {
            (string Name, HttpLoad Load)[] sides =
            [
                ("/v1/embeddings", new(server.Port, HttpLoad.Requests("/v1/embeddings", texts, 1, input => Embed(input, "")), 1)),
                ("/v1/embeddings with upsert", new(server.Port, keep, 1)),
                ("/v1/score, two detectors", new(server.Port, HttpLoad.ScoreRequests([], texts, 1), 1)),
                ("/v1/score with upsert", new(server.Port, HttpLoad.Requests("/v1/score", texts, 1, input => $"{{\"input\":{input},\"upsert\":{Upsert(input)}}}"), 1)),
                ("/v1/search, top 10", new(server.Port, HttpLoad.Requests("/v1/search", texts, 1, input => $"{{\"text\":{input},\"namespace\":\"flow\"}}"), 1)),
            ];
            var rows = new List<string[]>();
            foreach (var (name, load) in sides)
            {
                // The first of each writes every text once, and what follows replaces it.
                await load.ClosedAsync(64, times.Slice);
                var (one, many) = (await load.ClosedAsync(1, times.Slice), await load.ClosedAsync(64, times.Slice));
                rows.Add([name, $"{1000 * one.Latency(0.5):F2}", $"{many.TextsPerSecond:F0}", $"{1000 * many.Latency(0.5):F2}", $"{1000 * many.Latency(0.99):F2}", $"{one.Failures + many.Failures}"]);
            }

            report.Table(
                $"{texts.Length:N0} different texts, so as many records; an upsert is on the disk before it is answered, those that wait together by one flush",
                ["request", "1 client: p50, ms", "64 clients: requests/s", "p50, ms", "p99, ms", "not answered with 200"], rows);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static string Embed(string input, string more) => $"{{\"encoding_format\":\"base64\",\"truncate\":true,\"input\":{input}{more}}}";

    /// <summary>A record named by its text.</summary>
    private static string Upsert(string input) => $"{{\"namespace\":\"flow\",\"ids\":\"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(input)).AsSpan(0, 8))}\",\"metadata\":{{\"length\":{input.Length}}}}}";
}
