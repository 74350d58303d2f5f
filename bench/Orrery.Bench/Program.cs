using System.CommandLine;
using Orrery.Bench;
using Orrery.Bench.Gpu;

var kinds = new Option<string[]>("--model") { Description = "Encoders to measure: all-minilm-l6-v2 and snowflake-arctic-embed-xs themselves; distilroberta, random weights in its shape.", DefaultValueFactory = _ => ["all-minilm-l6-v2", "distilroberta"] };
var seconds = new Option<double>("--seconds") { Description = "Length of each load.", DefaultValueFactory = _ => 8 };
var rounds = new Option<int>("--rounds") { Description = "Times that the sides of a ratio are measured in turn.", DefaultValueFactory = _ => 3 };
var output = new Option<string>("--out") { Description = "Where the results are written.", DefaultValueFactory = _ => Path.Combine(Places.Root, "bench", "RESULTS.md") };

var device = new Option<string>("--device") { Description = "The execution provider that runs raw ONNX Runtime and the server.", DefaultValueFactory = _ => "cpu" };
var peersToo = new Option<bool>("--peers") { Description = "Whether npm's tokenizer, a plain server and a Node.js server are measured too.", DefaultValueFactory = _ => true };
var embed = new Command("embed", "Measures embeddings: raw ONNX Runtime, this server, a plain server, a Node.js server.") { kinds, device, peersToo, seconds, rounds, output };
embed.SetAction(async parsed =>
{
    var times = new BenchTimes(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rounds));
    var texts = TextMix.Read(Places.Shared);
    var report = new Report();
    report.Title(parsed.GetValue(device) == "cpu" ? "Embeddings" : $"Embeddings on {parsed.GetValue(device)}", "./orrery bench embed " + string.Join(' ', args.Skip(1)));
    if (parsed.GetValue(peersToo))
        TokenizerBench.Run(texts, times, report);
    foreach (var kind in parsed.GetValue(kinds)!)
        await new EmbedBench(kind, parsed.GetValue(device)!, times, texts, report).RunAsync(parsed.GetValue(peersToo));
    report.Save(parsed.GetValue(output)!);
});

var score = new Command("score", "Measures detectors: what scoring adds to embedding, and training beside scikit-learn.") { seconds, rounds, output };
score.SetAction(async parsed =>
{
    var times = new BenchTimes(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rounds));
    var report = new Report();
    report.Title("Detectors", "./orrery bench score " + string.Join(' ', args.Skip(1)));
    await new ScoreBench(times, TextMix.Read(Places.Shared), report).RunAsync();
    TrainingBench.Speed(report);
    await TrainingBench.QualityAsync(report);
    report.Save(parsed.GetValue(output)!);
});

var clusterSeconds = new Option<double>("--seconds") { Description = "Length of each load with 64 clients; the others take half of it.", DefaultValueFactory = _ => 2 };
var clusterRounds = new Option<int>("--rounds") { Description = "Times that everything is measured in turn.", DefaultValueFactory = _ => 5 };
var cluster = new Command("cluster", "Measures raw ONNX Runtime, the single process, a front with one silo and a front with two, in turn.") { clusterSeconds, clusterRounds, output };
cluster.SetAction(async parsed =>
{
    var times = new BenchTimes(TimeSpan.FromSeconds(parsed.GetValue(clusterSeconds)), parsed.GetValue(clusterRounds));
    var report = new Report();
    report.Title("Cluster", string.Join(' ', args.Prepend("./orrery bench")));
    await new ClusterBench(times, TextMix.Read(Places.Shared), report).RunAsync();
    report.Save(parsed.GetValue(output)!);
});

var counts = new Option<int[]>("--count") { Description = "Vectors in a namespace.", DefaultValueFactory = _ => [100_000, 1_000_000], AllowMultipleArgumentsPerToken = true };
var queries = new Option<int>("--queries") { Description = "Searches of each kind.", DefaultValueFactory = _ => 200 };
var peers = new Option<bool>("--peers") { Description = "Whether sqlite-vec and LanceDB are measured too.", DefaultValueFactory = _ => true };
var vectors = new Command("vectors", "Measures the embedded vector store beside sqlite-vec and LanceDB.") { counts, queries, peers, seconds, output };
vectors.SetAction(async parsed =>
{
    var report = new Report();
    report.Title("Vectors", string.Join(' ', args.Prepend("./orrery bench")));
    foreach (var count in parsed.GetValue(counts)!)
        await new VectorBench(report, parsed.GetValue(queries)).RunAsync(count, parsed.GetValue(peers));
    await new VectorFlowBench(report, new BenchTimes(TimeSpan.FromSeconds(parsed.GetValue(seconds)), 1), TextMix.Read(Places.Shared)).RunAsync();
    report.Save(parsed.GetValue(output)!);
});

var folder = new Option<string>("--folder") { Description = "A store's folder.", Required = true };
var vectorsOpen = new Command("vectors-open", "Opens a vector store, searches, and prints seconds and bytes: a part of vectors.") { folder, queries };
vectorsOpen.SetAction(parsed => VectorBench.OpenAsync(parsed.GetValue(folder)!, parsed.GetValue(queries)));

var rawRuntime = new Command("raw", "Measures raw ONNX Runtime alone.") { kinds, seconds };
rawRuntime.SetAction(parsed =>
{
    foreach (var kind in parsed.GetValue(kinds)!)
    {
        using var runtime = new RawOnnxRuntime(Places.Model(kind), TextMix.Read(Places.Shared), 256);
        Console.WriteLine($"{kind}: {runtime.Tokens} tokens");
        foreach (var (setting, rate) in runtime.Search(TimeSpan.FromSeconds(parsed.GetValue(seconds) / 4)).All)
            Console.WriteLine($"{setting}: {rate:F0} texts/s");
        foreach (var threads in (int[])[1, Environment.ProcessorCount])
            Console.WriteLine($"single run, {threads} threads: p50 {1000 * runtime.SingleRun(threads, 400):F2} ms");
    }
});

var models = new Command("models", "Makes the encoders' directories and says where they are.") { kinds };
models.SetAction(parsed =>
{
    foreach (var kind in parsed.GetValue(kinds)!)
        Console.WriteLine(Places.Model(kind));
});

var clients = new Option<int[]>("--clients") { Description = "Concurrent callers.", DefaultValueFactory = _ => [1, 8, 64, 256], AllowMultipleArgumentsPerToken = true };
var engine = new Command("engine", "Measures the engine without HTTP.") { kinds, seconds, rounds, clients };
engine.SetAction(async parsed =>
{
    foreach (var kind in parsed.GetValue(kinds)!)
        await EngineBench.RunAsync(kind, TextMix.Read(Places.Shared), new BenchTimes(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rounds)), parsed.GetValue(clients)!);
});

var port = new Option<int>("--port") { Description = "Of a server that serves all-minilm-l6-v2." };
var load = new Command("load", "Puts a load on a server that runs already.") { port, clients, seconds };
load.SetAction(async parsed =>
{
    var requests = HttpLoad.EmbeddingRequests("all-minilm-l6-v2", TextMix.Read(Places.Shared), 1);
    foreach (var count in parsed.GetValue(clients)!)
    {
        var result = await new HttpLoad(parsed.GetValue(port), requests, 1).ClosedAsync(count, TimeSpan.FromSeconds(parsed.GetValue(seconds)));
        Console.WriteLine($"{count} clients: texts {result.Texts}, {result.TextsPerSecond:F0} texts/s, p50 {1000 * result.Latency(0.5):F2} ms, p99 {1000 * result.Latency(0.99):F2} ms, failed {result.Failures}");
    }
});

return await new RootCommand("Benchmarks of Orrery.") { embed, score, cluster, vectors, vectorsOpen, engine, load, rawRuntime, models, GpuCommand.Create() }.Parse(args).InvokeAsync();
