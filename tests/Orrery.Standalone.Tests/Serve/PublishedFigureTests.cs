using System.Globalization;
using System.Net.Http.Json;
using System.Numerics.Tensors;
using CsvHelper;
using Orrery.FixtureEncoders;
using Orrery.Training.Metrics;

namespace Orrery.Standalone.Tests.Serve;

/// <summary>
/// Real encoders, served by the real program over HTTP, give the correlations with people's judgements that others published for them:
/// the STS benchmark's test split in MTEB's results (embeddings-benchmark/results, STSBenchmark.json of each model).
/// </summary>
public sealed class PublishedFigureTests
{
    [StsFact]
    public Task MiniLM_reaches_its_published_correlations() => HoldsAsync(PackagedEncoder.MiniLm, prompt: null, spearman: 0.8203, pearson: 0.8274);

    /// <summary>With the prompt of queries before both sentences, which gives the published figures; without it they are not met. No text of its makers says so.</summary>
    [StsFact]
    public Task Arctic_xs_reaches_its_published_correlations() => HoldsAsync(PackagedEncoder.ArcticXs, prompt: "query", spearman: 0.7918, pearson: 0.7844);

    private static async Task HoldsAsync(PackagedEncoder encoder, string? prompt, double spearman, double pearson)
    {
        var pairs = Pairs();
        Assert.Equal(1379, pairs.Length);
        // What is proven is what comes, not how soon: the machine may be busy.
        var (process, client) = await OrreryProcess.ServeAsync(["--models", encoder.LayOut(Checkout.Root)], ("ORRERY__Engine__RequestTimeout", "00:10:00"));
        client.Timeout = Timeout.InfiniteTimeSpan;
        using (process)
        using (client)
        {
            var left = await EmbedAsync(client, prompt, [.. pairs.Select(pair => pair.Left)]);
            var right = await EmbedAsync(client, prompt, [.. pairs.Select(pair => pair.Right)]);
            var cosines = left.Zip(right, (a, b) => (double)TensorPrimitives.CosineSimilarity<float>(a, b)).ToArray();
            var judged = pairs.Select(pair => pair.Judged).ToArray();
            Assert.Equal(spearman, Correlation.Spearman(cosines, judged), 1e-4);
            Assert.Equal(pearson, Correlation.Pearson(cosines, judged), 1e-4);
        }
    }

    private static async Task<float[][]> EmbedAsync(HttpClient client, string? prompt, string[] texts)
    {
        var embeddings = new List<float[]>();
        foreach (var some in texts.Chunk(32))
        {
            using var answer = await client.PostAsJsonAsync("/embed", new { inputs = some, prompt_name = prompt });
            embeddings.AddRange((await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<float[][]>())!);
        }

        return [.. embeddings];
    }

    /// <summary>Two sentences a row, and how alike people found them, from 0 to 5. There is no header.</summary>
    private static (string Left, string Right, double Judged)[] Pairs()
    {
        using var file = File.OpenRead(StsFactAttribute.TestSplit);
        using var csv = CsvReader.Create(file, new CsvReaderOptions { HasHeader = false });
        var pairs = new List<(string, string, double)>();
        while (csv.Read())
            pairs.Add((csv.GetString(0), csv.GetString(1), double.Parse(csv.GetString(2), CultureInfo.InvariantCulture)));
        return [.. pairs];
    }
}

/// <summary>A test over the STS benchmark's test split, which says so where it is not at hand.</summary>
internal sealed class StsFactAttribute : FactAttribute
{
    public StsFactAttribute()
    {
        if (!File.Exists(TestSplit))
            Skip = "needs data/stsb-en/test.csv among the shared data: set ORRERY_SHARED to their folder";
    }

    public static string TestSplit { get; } =
        Path.Combine(Environment.GetEnvironmentVariable("ORRERY_SHARED") ?? Path.Combine(Checkout.Root, "..", "shared"), "data", "stsb-en", "test.csv");
}
