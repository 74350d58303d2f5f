using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;

namespace Orrery.Bench;

/// <summary>The embedded store beside sqlite-vec and LanceDB over the same vectors: upserts, searches, memory.</summary>
internal sealed class VectorBench(Report report, int queries)
{
    private const int Dimension = VectorSet.Dimension;
    private const int Batch = 1000;
    private const int Top = 10;

    private readonly string _folder = Path.Combine(Places.Root, ".cache", "bench", "vectors");

    public async Task RunAsync(int count, bool peers)
    {
        report.Section($"{count:N0} vectors of {Dimension} float32, cosine, top {Top}");
        var set = new VectorSet(count, queries, seed: 1);
        var truth = set.Nearest(Top);
        var rows = new List<string[]>();
        var (upserts, sample) = await UpsertsAsync(set);
        var search = await SearchAsync(set, sample, truth);
        rows.Add(["this store", $"{upserts:N0}", "yes", Milliseconds(search.P50), Milliseconds(search.P99), $"{search.Processor * 1000:F1}", $"{search.Recall:F3}"]);
        if (peers)
        {
            var directory = PeerPackages();
            var vec = SqliteVecPeer.Run(directory, Path.Combine(_folder, "sqlite-vec.db"), set, Batch, Top);
            rows.Add(["sqlite-vec, exact", $"{vec.Upserts:N0}", "yes", Milliseconds(Median(vec.Times)), Milliseconds(Quantile(vec.Times, 0.99)), "", $"{Recall(vec.Found, truth):F3}"]);
            rows.AddRange(Lance(directory, set, truth));
        }

        report.Table(
            $"One caller, batches of {Batch}; {queries} searches; recall against all inner products in float32",
            ["what", "upserts/s", "durable when answered", "search p50, ms", "p99, ms", "processor a search, ms", "recall"], rows);
        Memory(set, sample);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>What a process shows that opens a store and searches it; the other half of <see cref="Memory"/>.</summary>
    public static async Task OpenAsync(string folder, int queries)
    {
        var start = Stopwatch.GetTimestamp();
        await using var store = await Open(folder);
        // The first answer tells that everything is there.
        var set = new VectorSet(1, queries, seed: 2);
        await Query(store, set.Query(0));
        var opened = Stopwatch.GetElapsedTime(start).TotalSeconds;
        for (var i = 0; i < queries; i++)
            await Query(store, set.Query(i));
        using var process = Process.GetCurrentProcess();
        Console.WriteLine($"{opened} {process.WorkingSet64}");
    }

    /// <summary>Upserts in several ways, and leaves the first way's store.</summary>
    private async Task<(double Rate, string Folder)> UpsertsAsync(VectorSet set)
    {
        var rows = new List<string[]>();
        var first = 0.0;
        var kept = Path.Combine(_folder, "0");
        (string Name, Func<int, string> Id, bool Metadata, int Callers)[] ways =
        [
            ("ids in order", i => $"doc-{i}", false, 1),
            ("ids at random", Scattered, false, 1),
            ("ids at random, two fields of metadata", Scattered, true, 1),
            ("ids in order, four callers", i => $"doc-{i}", false, 4),
        ];
        // The first way would pay for the compiler else.
        await using (var warm = await Open(Path.Combine(_folder, "warm")))
            await UpsertAsync(warm, new VectorSet(20 * Batch, 1, seed: 3), ways[0].Id, metadata: true, callers: 1);
        Directory.Delete(Path.Combine(_folder, "warm"), recursive: true);
        for (var way = 0; way < ways.Length; way++)
        {
            var folder = Path.Combine(_folder, $"{way}");
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            await using (var store = await Open(folder))
            {
                var rate = await UpsertAsync(store, set, ways[way].Id, ways[way].Metadata, ways[way].Callers);
                rows.Add([ways[way].Name, $"{rate:N0}"]);
                if (way == 0)
                    first = rate;
            }

            if (way > 0)
                Directory.Delete(folder, recursive: true);
        }

        report.Table("Upserts into an empty namespace, each batch durable (fsync) before it is answered; to reach: 50,000", ["way", "vectors/s"], rows);
        return (first, kept);

        // Neighbouring numbers far apart, as the ids of hashes and GUIDs are.
        static string Scattered(int i) => $"{(uint)i * 2654435761u:x8}-{i}";
    }

    private static async Task<double> UpsertAsync(EmbeddedStore store, VectorSet set, Func<int, string> id, bool metadata, int callers)
    {
        var next = -1;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            int batch;
            while ((batch = Interlocked.Increment(ref next)) * Batch < set.Count)
            {
                var from = batch * Batch;
                var rows = Math.Min(Batch, set.Count - from);
                var request = new UpsertRequest
                {
                    Index = store.DefaultIndex,
                    Ids = [.. Enumerable.Range(from, rows).Select(id)],
                    Dimension = Dimension,
                    Values = set.Rows(from, rows),
                    Metadata = metadata ? [.. Enumerable.Range(from, rows).Select(i => (ReadOnlyMemory<byte>)JsonSerializer.SerializeToUtf8Bytes(new { year = 1950 + (i % 75), genre = $"genre {i % 20}" }))] : [],
                };
                if (!(await store.UpsertAsync(request, default)).TryGet(out var _, out var error))
                    throw new InvalidOperationException(error.Message);
            }
        })));
        return set.Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private async Task<Searched> SearchAsync(VectorSet set, string folder, string[][] truth)
    {
        await using var store = await Open(folder);
        await Query(store, set.Query(0));
        var times = new double[queries];
        var found = new string[queries][];
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        for (var i = 0; i < queries; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var matches = await Query(store, set.Query(i));
            times[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            found[i] = [.. matches.Select(match => match.Id)];
        }

        process.Refresh();
        return new Searched(Median(times), Quantile(times, 0.99), (process.TotalProcessorTime - before).TotalSeconds / queries, Recall(found, truth));
    }

    private void Memory(VectorSet set, string folder)
    {
        var bytes = (double)set.Count * Dimension * sizeof(float);
        var answer = Places.Run(Places.Root, Environment.ProcessPath!, typeof(VectorBench).Assembly.Location, "vectors-open", "--folder", folder, "--queries", "200").Trim().Split(' ');
        var empty = Places.Run(Places.Root, Environment.ProcessPath!, typeof(VectorBench).Assembly.Location, "vectors-open", "--folder", Path.Combine(_folder, "none"), "--queries", "200").Trim().Split(' ');
        var (opened, resident, alone) = (double.Parse(answer[0], null), double.Parse(answer[1], null), double.Parse(empty[1], null));
        report.Line($"A process that opens this store answers its first search after {opened:F1} s. After 200 more it holds {resident / 1e6:F0} MB, {(resident - alone) / 1e6:F0} MB more than with an empty store: **{(resident - alone) / bytes:F2} x the vectors' bytes** (to reach: 1.2).");
    }

    private List<string[]> Lance(string directory, VectorSet set, string[][] truth)
    {
        var (vectors, asked) = (Path.Combine(_folder, "vectors.f32"), Path.Combine(_folder, "queries.f32"));
        set.Write(vectors, asked);
        var output = Places.Run(directory, "node", "lancedb.mjs", Path.Combine(_folder, "lance"), vectors, $"{set.Count}", $"{Dimension}", asked, $"{queries}");
        var json = JsonDocument.Parse(output).RootElement;
        return [Row("LanceDB, exact", "exact"), Row($"LanceDB, IVF-PQ (20 probes, refined 10 times; built in {json.GetProperty("built").GetDouble():F0} s)", "indexed")];

        string[] Row(string name, string field)
        {
            var side = json.GetProperty(field);
            var found = side.GetProperty("found").EnumerateArray().Select(one => one.EnumerateArray().Select(id => id.GetString()!).ToArray()).ToArray();
            return [name, $"{json.GetProperty("merged").GetDouble():N0} (added without looking for ids: {json.GetProperty("added").GetDouble():N0})", "its own way", Milliseconds(side.GetProperty("p50").GetDouble()), "", "", $"{Recall(found, truth):F3}"];
        }
    }

    /// <summary>Node.js packages of the peers, installed at first use.</summary>
    private static string PeerPackages()
    {
        var directory = Path.Combine(Places.Root, "bench", "peers", "vectors");
        if (!Directory.Exists(Path.Combine(directory, "node_modules")))
            Places.Run(directory, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        return directory;
    }

    private static async Task<EmbeddedStore> Open(string folder)
    {
        var opened = await EmbeddedStore.OpenAsync(new VectorOptions { Directory = folder }, NullLoggerFactory.Instance, TimeProvider.System, default);
        return opened.TryGet(out var store, out var error) ? store : throw new InvalidOperationException(error.Message);
    }

    private static async Task<IReadOnlyList<VectorMatch>> Query(EmbeddedStore store, ReadOnlyMemory<float> query)
    {
        var answer = await store.QueryAsync(new VectorQuery { Index = store.DefaultIndex, Vector = query, TopK = Top }, default);
        return answer.TryGet(out var found, out var error) ? found.Matches : throw new InvalidOperationException(error.Message);
    }

    private static double Recall(string[][] found, string[][] truth) => found.Zip(truth, (some, all) => (double)some.Intersect(all).Count() / all.Length).Average();

    private static double Median(double[] all) => Quantile(all, 0.5);

    private static double Quantile(double[] all, double share) => all.Order().ElementAt((int)(share * (all.Length - 1)));

    private static string Milliseconds(double seconds) => $"{1000 * seconds:F1}";

    private sealed record Searched(double P50, double P99, double Processor, double Recall);
}

/// <summary>Unit vectors in clusters, as embeddings of texts on some subjects are, and queries from the same clusters.</summary>
internal sealed class VectorSet
{
    public const int Dimension = 384;

    private const int Clusters = 1000;

    private readonly float[] _vectors;
    private readonly float[] _queries;

    public VectorSet(int count, int queries, int seed)
    {
        Count = count;
        var random = new Random(seed);
        var centers = Draw(random, Clusters, null);
        _vectors = Draw(random, count, centers);
        _queries = Draw(random, queries, centers);
    }

    public int Count { get; }

    public ReadOnlyMemory<float> Rows(int from, int rows) => _vectors.AsMemory(from * Dimension, rows * Dimension);

    public ReadOnlyMemory<float> Query(int index) => _queries.AsMemory(index * Dimension, Dimension);

    public int Queries => _queries.Length / Dimension;

    /// <summary>The nearest to each query, by every inner product.</summary>
    public string[][] Nearest(int top)
    {
        var nearest = new string[Queries][];
        Parallel.For(0, Queries, query =>
        {
            var best = new PriorityQueue<int, float>();
            for (var i = 0; i < Count; i++)
            {
                var score = System.Numerics.Tensors.TensorPrimitives.Dot(_vectors.AsSpan(i * Dimension, Dimension), Query(query).Span);
                if (best.Count < top)
                    best.Enqueue(i, score);
                else
                    best.EnqueueDequeue(i, score);
            }

            nearest[query] = [.. best.UnorderedItems.Select(item => $"doc-{item.Element}")];
        });
        return nearest;
    }

    public void Write(string vectors, string queries)
    {
        using (var file = File.Create(vectors))
        {
            // One span of bytes ends at two gigabytes.
            for (var row = 0; row < Count; row += 1000)
                file.Write(MemoryMarshal.AsBytes(Rows(row, Math.Min(1000, Count - row)).Span));
        }

        using var asked = File.Create(queries);
        asked.Write(MemoryMarshal.AsBytes(_queries.AsSpan()));
    }

    private static float[] Draw(Random random, int count, float[]? centers)
    {
        var rows = new float[count * Dimension];
        for (var row = 0; row < count; row++)
        {
            var vector = rows.AsSpan(row * Dimension, Dimension);
            for (var i = 0; i < Dimension; i += 2)
            {
                // Box and Muller: two normal numbers of two uniform ones.
                var radius = MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle()));
                (vector[i + 1], vector[i]) = MathF.SinCos(2 * MathF.PI * random.NextSingle());
                vector[i] *= radius;
                vector[i + 1] *= radius;
            }

            if (centers is not null)
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(vector, 0.05f, centers.AsSpan(random.Next(Clusters) * Dimension, Dimension), vector);
            System.Numerics.Tensors.TensorPrimitives.Divide(vector, System.Numerics.Tensors.TensorPrimitives.Norm(vector), vector);
        }

        return rows;
    }
}
