using System.Globalization;
using Orrery.Engine.Tokenization;

namespace Orrery.Bench;

/// <summary>
/// What a cluster adds: raw ONNX Runtime, the single process, a front with one silo and a front with two, under the same load, in turn,
/// on the same cores, in one run; and the processor time of a call with a model that does nothing.
/// </summary>
internal sealed class ClusterBench(BenchTimes times, string[] all, Report report)
{
    private const int Clients = 64;
    // A process is started for each.
    private const int GrainRounds = 3;
    private const string Identity = "identity";

    private readonly TimeSpan _half = times.Slice / 2;

    public async Task RunAsync()
    {
        if (!ClusterProcesses.Built)
            throw new InvalidOperationException("the cluster's programs are not there: run ./orrery bench cluster");
        (string Name, string Directory, int MaxLength)[] models =
        [
            ("all-minilm-l6-v2", Places.Model("all-minilm-l6-v2"), 256),
            ("orrery-mini", Directory.GetDirectories(Path.Combine(Places.Root, "samples", "models", "orrery-mini")).Max()!, 128),
        ];
        string[] directories = [models[0].Directory, Path.GetDirectoryName(models[1].Directory)!, IdentityModel()];
        byte[][] requests = [.. models.Select(model => HttpLoad.EmbeddingRequests(model.Name, all[..1], 1)[0]), HttpLoad.InferRequests(Identity)[0]];

        // A first start measures how to run the models and keeps the plans.
        using (await SingleAsync(directories, requests))
        {
        }

        using var single = await SingleAsync(directories, requests);
        using var one = await ClusterProcesses.StartAsync(1, directories, requests);
        using var two = await ClusterProcesses.StartAsync(2, directories, requests);
        Side[] sides =
        [
            new("single process", single.Port, () => single.CpuSeconds),
            new("front + 1 silo", one.Port, () => one.FrontCpuSeconds + one.SiloCpuSeconds),
            new("front + 2 silos", two.Port, () => two.FrontCpuSeconds + two.SiloCpuSeconds),
        ];
        // Code that is called often is compiled anew: a cluster's processes profile it first, which takes some ten seconds.
        foreach (var side in sides)
            await new HttpLoad(side.Port, HttpLoad.EmbeddingRequests("orrery-mini", ["a", "short", "text"], 1), 1).ClosedAsync(Clients, 2 * times.Slice);
        foreach (var (name, directory, maxLength) in models)
            await ModelAsync(name, directory, maxLength, sides);
        await NothingAsync(sides, one);
        await IdleAsync(sides);
        report.Line(string.Create(CultureInfo.InvariantCulture,
            $"Resident memory after all of it: single process {single.ResidentMegabytes:F0} MB; front {one.ResidentMegabytes.Front:F0} MB and silo {one.ResidentMegabytes.Silos:F0} MB; front {two.ResidentMegabytes.Front:F0} MB and two silos {two.ResidentMegabytes.Silos:F0} MB."));
    }

    private async Task IdleAsync(Side[] sides)
    {
        var before = Array.ConvertAll(sides, side => side.Cpu());
        await Task.Delay(_half);
        var used = sides.Select((side, i) => string.Create(CultureInfo.InvariantCulture, $"{side.Name} {100 * (side.Cpu() - before[i]) / _half.TotalSeconds:F1} %"));
        report.Line($"All processes live through the whole run. Share of a core that they take while idle: {string.Join(", ", used)}.");
    }

    private async Task ModelAsync(string name, string directory, int maxLength, Side[] sides)
    {
        var texts = Fitting(directory, maxLength);
        using var raw = new RawOnnxRuntime(directory, texts, maxLength);
        var weights = raw.Weights;
        double[] sums = [.. weights.Chunk(32).Select(some => some.Sum())];
        report.Section($"{name}: {texts.Length} texts of {(double)raw.Tokens / texts.Length:F1} tokens, ONNX Runtime {raw.Version}");
        var (best, _) = raw.Search(times.Slice / 8);
        var singles = HttpLoad.EmbeddingRequests(name, texts, 1);
        var many = HttpLoad.EmbeddingRequests(name, texts, 32);
        foreach (var side in sides)
            await new HttpLoad(side.Port, singles, 1, weights).ClosedAsync(Clients, times.Slice);

        var limits = new List<double>();
        var runs = sides.Select(_ => new Runs([], [], [], [])).ToArray();
        for (var round = 0; round < times.Rounds; round++)
        {
            limits.Add(raw.TextsPerSecond(best, _half));
            for (var i = 0; i < sides.Length; i++)
            {
                var before = sides[i].Cpu();
                var full = await new HttpLoad(sides[i].Port, singles, 1, weights).ClosedAsync(Clients, times.Slice);
                runs[i].Full.Add(full);
                runs[i].Cpu.Add(1e6 * (sides[i].Cpu() - before) / full.Answered);
            }

            // Side by side, for the machine's speed drifts.
            for (var i = 0; i < sides.Length; i++)
                runs[i].Alone.Add(await new HttpLoad(sides[i].Port, singles, 1, weights).ClosedAsync(1, _half));
            for (var i = 0; i < sides.Length; i++)
                runs[i].Many.Add(await new HttpLoad(sides[i].Port, many, 32, sums).ClosedAsync(4, _half));
        }

        report.Table($"Medians of {times.Rounds} rounds. Raw: {best.Sessions} x {best.Threads}, {best.Batch} texts a run, the best of a search",
            ["what", "64 clients, texts/s", "p50 ms", "p99 ms", "processor, microseconds a text", "1 client, p50 ms", "4 clients, 32 texts a request, texts/s", "failed"],
            [
                ["raw ONNX Runtime", $"{EmbedBench.Median(limits):F0}", "", "", "", "", "", ""],
                .. sides.Select((side, i) => new[]
                {
                    side.Name, Of(runs[i].Full, run => run.TextsPerSecond, "F0"), Of(runs[i].Full, run => 1000 * run.Latency(0.5), "F2"), Of(runs[i].Full, run => 1000 * run.Latency(0.99), "F2"),
                    $"{EmbedBench.Median(runs[i].Cpu):F0}", Of(runs[i].Alone, run => 1000 * run.Latency(0.5), "F2"), Of(runs[i].Many, run => run.TextsPerSecond, "F0"),
                    $"{runs[i].All.Sum(run => run.Failures + run.Refusals.Length)}",
                }),
            ]);
        report.Line($"Throughput over raw, median of the rounds' ratios: {string.Join(", ", sides.Select((side, i) => $"{side.Name} {Ratio(runs[i].Full.ConvertAll(run => run.TextsPerSecond), limits):F3}"))}.");
        var ratio = Ratio(runs[1].Full.ConvertAll(run => run.TextsPerSecond), runs[0].Full.ConvertAll(run => run.TextsPerSecond));
        var two = Ratio(runs[2].Full.ConvertAll(run => run.TextsPerSecond), runs[0].Full.ConvertAll(run => run.TextsPerSecond));
        report.Line($"**Front + 1 silo / single process at saturation: {ratio:F3}** (to reach: 0.90); with 2 silos on the same cores {two:F3}.");
        var cost = Ratio(runs[0].Cpu, runs[1].Cpu);
        report.Line($"Processor time of a text, single process over front + 1 silo: {cost:F3} (the ratio of rates without what others, the load generator too, take from the cores).");
        var later = runs[1].Alone.Zip(runs[0].Alone, (cluster, alone) => 1000 * (cluster.Latency(0.5) - alone.Latency(0.5))).ToList();
        report.Line($"**Unloaded p50 over the single process's: {EmbedBench.Median(later):F2} ms** (to reach: 0.8).");
    }

    private async Task NothingAsync(Side[] sides, ClusterProcesses one)
    {
        report.Section($"A model that does nothing: processor time of a call, summed over processes, {Clients} calls in flight");
        var requests = HttpLoad.InferRequests(Identity);
        var rows = new List<(string Name, List<double> Client, List<double> Server, List<double> Rate)>();
        foreach (var side in sides)
            rows.Add(($"{side.Name}, over HTTP: one float through an Identity graph", [], [], []));
        (string Kind, string Name)[] kinds =
        [
            ("nothing", "grain calls without HTTP that ask for no work"),
            ("infer", "grain calls without HTTP: one float through an Identity graph"),
            ("embed", "grain calls without HTTP: one short text through orrery-mini"),
        ];
        foreach (var (_, name) in kinds)
            rows.Add((name, [], [], []));
        foreach (var side in sides)
            await new HttpLoad(side.Port, requests, 1).ClosedAsync(Clients, _half);
        for (var round = 0; round < times.Rounds; round++)
        {
            for (var i = 0; i < sides.Length; i++)
            {
                var (front, sum) = (i == 1 ? one.FrontCpuSeconds : 0, sides[i].Cpu());
                var result = await new HttpLoad(sides[i].Port, requests, 1).ClosedAsync(Clients, _half);
                front = i == 1 ? one.FrontCpuSeconds - front : 0;
                Add(rows[i], front, sides[i].Cpu() - sum - front, result.Answered, result.Answered / result.TextsPerSecond);
            }

            for (var i = 0; i < kinds.Length && round < GrainRounds; i++)
            {
                var (silo, seconds) = (one.SiloCpuSeconds, times.Slice.TotalSeconds);
                var said = Places.Run(Places.Root, "dotnet", Path.Combine(Places.Root, "bench", "GrainCalls", "bin", "Release", "net10.0", "grain-calls.dll"),
                    one.Gateway, kinds[i].Kind, seconds.ToString(CultureInfo.InvariantCulture), Clients.ToString(CultureInfo.InvariantCulture))
                    .Split(' ', StringSplitOptions.TrimEntries).Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray();
                var (calls, cpu, wall) = (said[0], said[1], said[2]);
                // It warms up by as many seconds of the same calls, which the silo's time has in it.
                Add(rows[sides.Length + i], cpu, (one.SiloCpuSeconds - silo) * calls / said[3], calls, wall);
            }
        }

        report.Table("Medians, microseconds a call; the load generator's own time is not counted. Without HTTP a small program stands in the front's place, and its time is the front's",
            ["what", "front", "silo or single process", "sum", "calls/s"],
            rows.Select((row, i) => new[]
            {
                row.Name, i is 0 or 2 ? "" : $"{EmbedBench.Median(row.Client):F1}", $"{EmbedBench.Median(row.Server):F1}",
                $"{EmbedBench.Median([.. row.Client.Zip(row.Server, (client, server) => client + server)]):F1}", $"{EmbedBench.Median(row.Rate):F0}",
            }));
        double Sum(int row) => EmbedBench.Median([.. rows[row].Client.Zip(rows[row].Server, (client, server) => client + server)]);
        report.Line($"**Cost of a call with a model that does nothing: {Sum(1):F0} microseconds over HTTP, {Sum(sides.Length + 1):F0} without, {Sum(sides.Length):F0} of them for the way alone** (to reach: 60).");

        static void Add((string Name, List<double> Client, List<double> Server, List<double> Rate) row, double client, double server, double calls, double seconds)
        {
            row.Client.Add(1e6 * client / calls);
            row.Server.Add(1e6 * server / calls);
            row.Rate.Add(calls / seconds);
        }
    }

    private static Task<ServerProcess> SingleAsync(string[] models, byte[][] requests) =>
        ServerProcess.StartAsync(Places.Orrery, ["serve", "--port", "{port}", .. models.SelectMany(model => (string[])["--models", model])], requests[0]);

    /// <summary>The texts that a model takes whole: the route refuses the others.</summary>
    private string[] Fitting(string directory, int maxLength)
    {
        var tokenizer = Tokenizer.FromDirectory(directory);
        var encoding = new Encoding();
        return Array.FindAll(all, text =>
        {
            tokenizer.Encode(text, EncodeOptions.Default, encoding);
            return encoding.Ids.Length <= maxLength;
        });
    }

    /// <summary>A folder with a graph that gives back what it is given.</summary>
    private static string IdentityModel()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Places.Root, ".cache", "bench", Identity)).FullName;
        File.Copy(Path.Combine(Places.Root, "tests", "fixtures", "onnx", "identity.onnx"), Path.Combine(folder, "model.onnx"), overwrite: true);
        return folder;
    }

    private static string Of(List<LoadResult> runs, Func<LoadResult, double> what, string format) =>
        EmbedBench.Median(runs.ConvertAll(run => what(run))).ToString(format, CultureInfo.InvariantCulture);

    private static double Ratio(List<double> these, List<double> those) => EmbedBench.Median([.. these.Zip(those, (a, b) => a / b)]);

    /// <summary>One of what is compared.</summary>
    /// <param name="Name">What it is.</param>
    /// <param name="Port">Where it answers.</param>
    /// <param name="Cpu">Processor seconds of all its processes so far.</param>
    private sealed record Side(string Name, int Port, Func<double> Cpu);

    /// <summary>What a side's rounds came to.</summary>
    private sealed record Runs(List<LoadResult> Full, List<double> Cpu, List<LoadResult> Alone, List<LoadResult> Many)
    {
        public IEnumerable<LoadResult> All => [.. Full, .. Alone, .. Many];
    }
}
