using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine;
using Orrery.Training.Features;
using Orrery.Training.Heads;
using Orrery.Training.Selection;

namespace Orrery.Bench;

/// <summary>A head to train here and with scikit-learn.</summary>
internal sealed record BenchHead(string Name, string Kind, double C = 1, double? Pca = null, bool Whiten = false)
{
    public HeadOptions Options => new()
    {
        Kind = Enum.GetValues<HeadKind>().First(kind => HeadGrid.NameOf(kind) == Kind),
        C = C,
        PcaComponents = Pca >= 1 ? (int)Pca : null,
        PcaVariance = Pca < 1 ? Pca : null,
        Whiten = Whiten,
    };
}

/// <summary>What scikit-learn made of a head.</summary>
internal sealed record PeerScore(string Name, double Seconds, double? Accuracy);

/// <summary>Training heads: time, and accuracy beside scikit-learn's same pipeline on the same embeddings.</summary>
internal static class TrainingBench
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    /// <summary>Rows around seeded centers, one a class, that overlap.</summary>
    public static (Matrix Rows, int[] Labels) Clusters(int rows, int columns, int classes)
    {
        var random = new Random(5);
        var centers = new float[classes * columns];
        for (var i = 0; i < centers.Length; i++)
            centers[i] = Normal(random);
        var matrix = new Matrix(rows, columns);
        var labels = new int[rows];
        for (var row = 0; row < rows; row++)
        {
            labels[row] = row % classes;
            var target = matrix.Row(row);
            for (var i = 0; i < columns; i++)
                target[i] = ((0.25f * centers[(labels[row] * columns) + i]) + Normal(random)) / MathF.Sqrt(columns);
        }

        return (matrix, labels);
    }

    public static void Speed(Report report)
    {
        report.Section("Training on 10,000 rows of 384 numbers");
        BenchHead[] heads = [new("logistic", "logistic"), new("linear SVM", "linear-svm")];
        foreach (var classes in (int[])[2, 77])
        {
            var (rows, labels) = Clusters(10_000, 384, classes);
            var peers = Peers($"speed-{classes}", heads, (rows, labels), null);
            report.Table($"{classes} classes; support vector machines with their calibration over 5 folds", ["head", "orrery, s", "scikit-learn, s"], heads.Select((head, i) =>
                new[] { head.Name, $"{Fit(rows, labels, classes, head).Seconds:F2}", Seconds(peers, i) }));
        }

        report.Line("To reach: a logistic head in 5 s.");
    }

    public static async Task QualityAsync(Report report)
    {
        var root = Places.Shared;
        report.Section("Accuracy on held-out data beside scikit-learn's same pipeline, on the same embeddings of orrery-mini");
        BenchHead[] heads =
        [
            new("logistic, C 10", "logistic", 10), new("PCA 0.95, logistic, C 10", "logistic", 10, 0.95), new("PCA 64 whitened, logistic", "logistic", 1, 64, true),
            new("linear SVM", "linear-svm"), new("PCA 64, RBF SVM, C 10", "rbf-svm", 10, 64),
        ];
        await using var backend = await LocalBackend.CreateAsync(
            new EngineOptions { ModelDirectories = [Path.Combine(Places.Root, "samples", "models", "orrery-mini")], MaxQueueDelay = TimeSpan.FromMinutes(5) }, NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        var banking = (Train: Table.Read(Path.Combine(root, "data", "banking77", "train.csv")), Test: Table.Read(Path.Combine(root, "data", "banking77", "test.csv")));
        await QualityAsync("banking77", banking.Train, banking.Test);
        // No split of its own: every fifth row is held out.
        var essays = Table.Read(Path.Combine(root, "data", "ai-vs-human", "ai_vs_human.csv"));
        await QualityAsync("ai-vs-human", [.. essays.Where((_, i) => i % 5 != 0)], [.. essays.Where((_, i) => i % 5 == 0)]);

        async Task QualityAsync(string name, (string Text, string Label)[] train, (string Text, string Label)[] test)
        {
            var classes = train.Select(row => row.Label).Distinct().Order(StringComparer.Ordinal).ToArray();
            var fit = await EmbedAsync(backend, train, classes);
            var held = await EmbedAsync(backend, test, classes);
            var peers = Peers(name, heads, fit, held);
            report.Table($"{name}: {train.Length} rows to train, {test.Length} held out, {classes.Length} classes",
                ["head", "orrery, %", "scikit-learn, %", "difference, points", "orrery, s", "scikit-learn, s"], heads.Select((head, i) =>
                {
                    var (fitted, seconds) = Fit(fit.Rows, fit.Labels, classes.Length, head);
                    var accuracy = 100 * Accuracy(fitted, held);
                    return new[] { head.Name, $"{accuracy:F2}", Percent(peers, i), peers is null ? "-" : $"{accuracy - (100 * peers[i].Accuracy!.Value):+0.00;-0.00}", $"{seconds:F2}", Seconds(peers, i) };
                }));
        }
    }

    private static (FittedHead Head, double Seconds) Fit(Matrix rows, int[] labels, int classes, BenchHead head)
    {
        var clock = Stopwatch.StartNew();
        var fitted = HeadTrainer.Fit(rows, labels, classes, head.Options);
        return (fitted.Value ?? throw new InvalidOperationException(fitted.Error!.Message), clock.Elapsed.TotalSeconds);
    }

    private static double Accuracy(FittedHead head, (Matrix Rows, int[] Labels) held)
    {
        var probabilities = head.Probabilities(held.Rows);
        return Enumerable.Range(0, held.Labels.Length).Count(row => System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(probabilities.Row(row)) == held.Labels[row]) / (double)held.Labels.Length;
    }

    private static async Task<(Matrix Rows, int[] Labels)> EmbedAsync(LocalBackend backend, (string Text, string Label)[] table, string[] classes)
    {
        var matrix = new Matrix(table.Length, backend.Find("").Value!.Dimensions);
        for (var start = 0; start < table.Length; start += 512)
        {
            var block = table.Skip(start).Take(512).Select(row => TextInput.Of(row.Text)).ToArray();
            using var output = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = block, Truncation = Truncation.Right }, default)).Value!;
            output.All.Span.CopyTo(matrix.Values[(start * matrix.Columns)..]);
        }

        return (matrix, Array.ConvertAll(table, row => Array.IndexOf(classes, row.Label)));
    }

    /// <summary>scikit-learn on the same rows, in its own process; null where it is not installed.</summary>
    private static PeerScore[]? Peers(string name, BenchHead[] heads, (Matrix Rows, int[] Labels) train, (Matrix Rows, int[] Labels)? test)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Places.Root, ".cache", "bench", "rows", name)).FullName;
        File.WriteAllText(Path.Combine(folder, "shape.json"), JsonSerializer.Serialize(new { train.Rows.Columns, heads = heads.Select(head => new { head.Name, head.Kind, head.C, Pca = head.Pca >= 1 ? (object)(int)head.Pca : head.Pca, head.Whiten }) }, Json));
        Write("train", train);
        if (test is { } held)
            Write("test", held);
        try
        {
            var output = Places.Run(Places.Root, File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3", "bench/peers/sklearn_heads.py", folder);
            return JsonSerializer.Deserialize<PeerScore[]>(output, Json);
        }
        catch (InvalidOperationException e)
        {
            Console.WriteLine($"scikit-learn cannot be measured here: {e.Message}");
            return null;
        }

        void Write(string part, (Matrix Rows, int[] Labels) rows)
        {
            File.WriteAllBytes(Path.Combine(folder, part + ".f32"), MemoryMarshal.AsBytes<float>(rows.Rows.Values).ToArray());
            File.WriteAllBytes(Path.Combine(folder, part + ".i32"), MemoryMarshal.AsBytes<int>(rows.Labels).ToArray());
        }
    }

    private static string Seconds(PeerScore[]? peers, int index) => peers is null ? "-" : $"{peers[index].Seconds:F2}";

    private static string Percent(PeerScore[]? peers, int index) => peers?[index].Accuracy is { } accuracy ? $"{100 * accuracy:F2}" : "-";

    private static float Normal(Random random) => MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());
}
