using Orrery.Engine.Vectors;
using static Orrery.Engine.Tests.Vectors.StoreFixture;

namespace Orrery.Engine.Tests.Vectors;

/// <summary>The nearest by the store are the nearest by looking at all.</summary>
public sealed class ExactnessTests
{
    public static TheoryData<VectorMetric, int, int, string> Cases()
    {
        var cases = new TheoryData<VectorMetric, int, int, string>();
        foreach (var metric in Enum.GetValues<VectorMetric>())
        {
            foreach (var dimension in (int[])[1, 7, 16, 33, 100, 384])
            {
                cases.Add(metric, dimension, 1500, "plain");
                cases.Add(metric, dimension, 600, "magnitudes");
            }

            cases.Add(metric, 384, 3000, "clustered");
            cases.Add(metric, 64, 5000, "duplicates");
            cases.Add(metric, 20_000, 40, "plain");
            cases.Add(metric, 20_000, 20, "magnitudes");
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_nearest_are_those_that_looking_at_all_finds(VectorMetric metric, int dimension, int count, string kind)
    {
        var random = new Random(dimension + count);
        var vectors = Vectors(random, dimension, count, kind);
        await using var fixture = await MakeAsync(metric);
        var naive = new NaiveStore(metric);
        await UpsertAsync(fixture, naive, vectors);
        foreach (var top in (int[])[1, 10, count])
        {
            var query = kind == "plain" && top <= 10 ? new float[dimension] : Vectors(random, dimension, 1, kind)[0];
            AssertSame(naive.Query(query, top, null), await fixture.QueryAsync(query, top));
            AssertSame(naive.Query(vectors[3], top, null), await fixture.QueryAsync(vectors[3], top));
        }
    }

    [Theory]
    [InlineData(VectorMetric.Cosine)]
    [InlineData(VectorMetric.DotProduct)]
    [InlineData(VectorMetric.Euclidean)]
    public async Task Of_int8_the_nearest_are_those_of_the_values_it_tells(VectorMetric metric)
    {
        var random = new Random(8);
        var vectors = Vectors(random, 48, 2000, "clustered");
        await using var fixture = await MakeAsync(metric, VectorElement.Int8);
        await UpsertAsync(fixture, new(metric), vectors);
        await fixture.ReopenAsync();
        var told = await fixture.FetchAsync("", [.. Enumerable.Range(0, 1000).Select(Id)]);
        told = [.. told, .. await fixture.FetchAsync("", [.. Enumerable.Range(1000, 1000).Select(Id)])];
        var naive = new NaiveStore(metric);
        foreach (var record in told)
        {
            var values = record.Values.ToArray();
            naive.Records[record.Id] = (values, "");
            var given = vectors[int.Parse(record.Id, System.Globalization.CultureInfo.InvariantCulture)];
            Assert.All(values.Zip(given), pair => Assert.Equal(pair.Second, pair.First, given.Max(Math.Abs) / 127 * 0.51f));
        }

        var query = Vectors(random, 48, 1, "clustered")[0];
        AssertSame(naive.Query(query, 50, null), await fixture.QueryAsync(query, 50));
        Assert.True(new FileInfo(fixture.File).Length > 0);
    }

    [Fact]
    public async Task To_a_vector_of_zeros_all_that_match_are_equally_near_and_come_by_id()
    {
        await using var fixture = await MakeAsync();
        for (var i = 0; i < 20; i++)
            await fixture.UpsertAsync($"r{(i * 7) % 20:D2}", [i, 1], $$"""{"even":{{(i % 2 == 0 ? "true" : "false")}}}""");
        var matches = await fixture.QueryAsync([0, 0], 3, """{"even":true}""");
        Assert.Equal([("r00", 0f), ("r02", 0f), ("r04", 0f)], matches.Select(match => (match.Id, match.Score)));
    }

    [Fact]
    public async Task Largest_finite_numbers_give_scores_that_are_finite()
    {
        await using var fixture = await MakeAsync(VectorMetric.DotProduct, VectorElement.Int8);
        await fixture.UpsertAsync("a", [float.MaxValue, float.MinValue]);
        await fixture.UpsertAsync("b", [float.Epsilon, 0]);
        var matches = await fixture.QueryAsync([float.MaxValue, float.MinValue], 2);
        Assert.Equal(["a", "b"], matches.Select(match => match.Id));
        Assert.All(matches, match => Assert.True(float.IsFinite(match.Score) && match.Values.ToArray().All(float.IsFinite)));
    }

    [Fact]
    public unsafe void The_portable_inner_product_is_that_of_the_vector_instructions()
    {
        var random = new Random(5);
        for (var length = 16; length <= 400; length += 16)
        {
            var codes = new sbyte[length];
            var levels = new short[length];
            random.NextBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(codes.AsSpan()));
            var expected = 0;
            for (var i = 0; i < length; i++)
            {
                levels[i] = (short)random.Next(-32767, 32768);
                expected += codes[i] * levels[i];
            }

            fixed (sbyte* c = codes)
            fixed (short* l = levels)
            {
                Assert.Equal(expected, Engine.Vectors.Embedded.CodeDot.Compute(c, l, length));
                Assert.Equal(expected, Engine.Vectors.Embedded.CodeDot.Portable(c, l, length));
            }
        }
    }

    private static string Id(int record) => record.ToString("D5", System.Globalization.CultureInfo.InvariantCulture);

    private static async Task UpsertAsync(StoreFixture fixture, NaiveStore naive, float[][] vectors)
    {
        for (var first = 0; first < vectors.Length; first += 1000)
        {
            var some = vectors.Skip(first).Take(1000).ToArray();
            Must(await fixture.Store.UpsertAsync(
                new() { Index = IndexName, Ids = [.. Enumerable.Range(first, some.Length).Select(Id)], Dimension = some[0].Length, Values = some.SelectMany(vector => vector).ToArray() },
                default));
            for (var i = 0; i < some.Length; i++)
                naive.Records[Id(first + i)] = (some[i], "");
        }
    }

    private static float[][] Vectors(Random random, int dimension, int count, string kind)
    {
        var centers = Enumerable.Range(0, 5).Select(_ => Gaussian(random, dimension)).ToArray();
        return [.. Enumerable.Range(0, count).Select(i => One(random, dimension, centers, kind, i))];
    }

    private static float[] One(Random random, int dimension, float[][] centers, string kind, int i) => kind switch
    {
        // Zeros among them, and whole numbers, which tie.
        "plain" => i % 50 == 7 ? new float[dimension] : [.. Gaussian(random, dimension).Select(value => MathF.Round(value))],
        "magnitudes" => [.. Gaussian(random, dimension).Select(value => value * Magnitude(random, i))],
        "clustered" => [.. Gaussian(random, dimension).Zip(centers[random.Next(centers.Length)], (noise, center) => center + (0.2f * noise))],
        _ => centers[random.Next(centers.Length)],
    };

    private static float Magnitude(Random random, int record) => (record % 4) switch
    {
        0 => 1e-42f,
        1 => 1e37f,
        2 => MathF.Pow(10, random.Next(-30, 30)),
        _ => 1,
    };

    private static float[] Gaussian(Random random, int dimension) =>
        [.. Enumerable.Range(0, dimension).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];

    // Sums of float64 in another order may differ in their last bits, and so scores in theirs; then neighbours may be swapped, and nothing more.
    private static void AssertSame(List<(string Id, float Score)> expected, IReadOnlyList<VectorMatch> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < actual.Count; i++)
        {
            Assert.Equal(expected[i].Score, actual[i].Score, Math.Abs(expected[i].Score) * 2.5e-7f);
            if (expected[i].Id != actual[i].Id)
                Assert.Contains(expected, other => other.Id == actual[i].Id && Math.Abs(other.Score - actual[i].Score) <= Math.Abs(actual[i].Score) * 2.5e-7f);
        }
    }
}
