using System.Diagnostics;
using System.Text.Json;
using Orrery.Engine.Tokenization;

namespace Orrery.Bench;

/// <summary>Our tokenizer and npm's reference over the same texts, a thread each, in turn.</summary>
internal static class TokenizerBench
{
    private static readonly string[] _tokenizers = ["bert-base-uncased", "gpt2"];

    public static void Run(string[] texts, BenchTimes times, Report report)
    {
        var folder = Path.Combine(Places.Root, "tests", "reference", "tokenizers");
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
            Places.Run(folder, "npm", "ci", "--ignore-scripts");
        var file = Path.Combine(Path.GetTempPath(), $"orrery-bench-{Environment.ProcessId}.txt");
        File.WriteAllLines(file, texts.Select(text => text.ReplaceLineEndings(" ")));
        var rows = new List<string[]>();
        foreach (var name in _tokenizers)
        {
            var path = Path.Combine(Places.Shared, "models", "tokenizers", name, "tokenizer.json");
            for (var round = 0; round < times.Rounds; round++)
            {
                using var answer = JsonDocument.Parse(Places.Run(folder, "node", Path.Combine(Places.Root, "bench", "peers", "tokenizer.mjs"), path, file));
                var theirs = answer.RootElement.GetProperty("tokens_per_second").GetDouble();
                var ours = TokensPerSecond(path, File.ReadAllLines(file));
                rows.Add([name, $"{round + 1}", $"{ours / 1e6:F2}", $"{theirs / 1e6:F2}", $"{ours / theirs:F1}"]);
            }
        }

        File.Delete(file);
        report.Table("Tokenizer, one thread, against npm's @huggingface/tokenizers (to reach: 3 times)", ["tokenizer", "round", "orrery, million tokens/s", "npm, million tokens/s", "ratio"], rows);
    }

    private static double TokensPerSecond(string path, string[] texts)
    {
        var tokenizer = Tokenizer.FromFile(path);
        var encoding = new Encoding();
        var options = EncodeOptions.Default;
        var tokens = 0L;
        var clock = Stopwatch.StartNew();
        var warm = false;
        while (clock.Elapsed < TimeSpan.FromSeconds(3))
        {
            foreach (var text in texts)
            {
                tokenizer.Encode(text, options, encoding);
                tokens += encoding.Ids.Length;
            }

            if (warm)
                continue;
            // The first second compiles.
            warm = clock.Elapsed > TimeSpan.FromSeconds(1);
            if (warm)
                (tokens, clock) = (0, Stopwatch.StartNew());
        }

        return tokens / clock.Elapsed.TotalSeconds;
    }
}
