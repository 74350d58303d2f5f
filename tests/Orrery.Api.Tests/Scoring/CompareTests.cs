using System.Text.Json;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Scoring;

public abstract class CompareTests(ServerFixture fixture)
{
    private const string Route = "/v1/compare";

    private ApiServer Server => fixture.Server;

    [Fact]
    public async Task Gives_the_cosine_of_each_pair()
    {
        var answer = await Server.PostAsync(Route, """{"pairs":[["one text","one text"],["one text","something else entirely"]],"model":"tiny-mean"}""");
        Assert.Equal(200, answer.Status);
        var data = answer.Json.GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal([0, 1], data.Select(pair => pair.GetProperty("index").GetInt32()));
        Assert.Equal(1, data[0].GetProperty("similarity").GetDouble(), 1e-5);
        var vectors = await Server.PostAsync("/similarity", """{"model":"tiny-mean","inputs":{"source_sentence":"one text","sentences":["something else entirely"]}}""");
        Assert.Equal(vectors.Json[0].GetDouble(), data[1].GetProperty("similarity").GetDouble(), 1e-5);
        Assert.Equal("tiny-mean", answer.Json.GetProperty("model").GetString());
        Assert.False(data[0].TryGetProperty("match", out _));
    }

    [Fact]
    public async Task Embeds_a_text_once_however_many_pairs_it_is_in()
    {
        var once = await Server.PostAsync(Route, """{"pairs":[["a","b"]]}""");
        var often = await Server.PostAsync(Route, """{"pairs":[["a","b"],["b","a"],["a","a"],["a","b"]]}""");
        Assert.Equal(Tokens(once), Tokens(often));
        var all = await Server.PostAsync(Route, """{"inputs":["a","b","a","b","a"]}""");
        Assert.Equal(Tokens(once), Tokens(all));
        Assert.Equal(10, all.Json.GetProperty("data").GetArrayLength());

        static int Tokens(Answer answer) => answer.Json.GetProperty("usage").GetProperty("total_tokens").GetInt32();
    }

    [Fact]
    public async Task Gives_a_pair_detectors_calibrated_probability()
    {
        var answer = await Server.PostAsync(Route, """{"pairs":[["a text","a text"],["a text","quite different words"]],"detector":"tiny-duplicate"}""");
        foreach (var pair in answer.Json.GetProperty("data").EnumerateArray())
        {
            var expected = 1 / (1 + Math.Exp(-((10 * pair.GetProperty("similarity").GetDouble()) - 8)));
            Assert.Equal(expected, pair.GetProperty("probability").GetDouble(), 1e-4);
            Assert.Equal(expected >= 0.5, pair.GetProperty("match").GetBoolean());
        }

        Assert.Equal("tiny-duplicate", answer.Json.GetProperty("detector").GetString());
        Assert.Equal(0.5, answer.Json.GetProperty("threshold").GetDouble());
    }

    [Fact]
    public async Task Reads_pairs_with_a_cross_encoder()
    {
        var raw = await Server.PostAsync("/rerank", """{"model":"tiny-cross-encoder","query":"a question","texts":["an answer"],"raw_scores":true}""");
        var scores = await Server.PostAsync("/rerank", """{"model":"tiny-cross-encoder","query":"a question","texts":["an answer"]}""");
        var answer = await Server.PostAsync(Route, """{"pairs":[["a question","an answer"]],"model":"tiny-cross-encoder"}""");
        Assert.Equal(scores.Json[0].GetProperty("score").GetDouble(), answer.Json.GetProperty("data")[0].GetProperty("similarity").GetDouble(), 1e-5);
        var judged = await Server.PostAsync(Route, """{"pairs":[["a question","an answer"]],"detector":"tiny-answers"}""");
        // The detector's head is a sigmoid over the score that the graph gives.
        Assert.Equal(1 / (1 + Math.Exp(-raw.Json[0].GetProperty("score").GetDouble())), judged.Json.GetProperty("data")[0].GetProperty("probability").GetDouble(), 1e-4);
        Assert.Equal(scores.Json[0].GetProperty("score").GetDouble(), judged.Json.GetProperty("data")[0].GetProperty("similarity").GetDouble(), 1e-5);
    }

    [Theory]
    [InlineData(0.001, true)]
    [InlineData(0.999, false)]
    public async Task Holds_a_cross_encoders_score_against_a_threshold_of_its_own_scale(double threshold, bool match)
    {
        var answer = await Server.PostAsync(Route, $$"""{"pairs":[["a question","an answer"]],"model":"tiny-cross-encoder","threshold":{{threshold.ToString(System.Globalization.CultureInfo.InvariantCulture)}}}""");
        Assert.InRange(answer.Json.GetProperty("data")[0].GetProperty("similarity").GetDouble(), 0, 1);
        Assert.Equal(match, answer.Json.GetProperty("data")[0].GetProperty("match").GetBoolean());
    }

    [Fact]
    public async Task Finds_the_near_pairs_of_a_list_nearest_first()
    {
        string[] texts = ["one text", "another text", "one text", "wholly other words here", "one text indeed", .. Enumerable.Range(0, 60).Select(i => $"filler {i} {new string('x', i % 7)}")];
        var all = await Pairs(new { inputs = texts, limit = 100_000 });
        Assert.Equal(texts.Length * (texts.Length - 1) / 2, all.Length);
        Assert.All(all, pair => Assert.True(pair.First < pair.Second));
        Assert.Equal(all.Length, all.Select(pair => (pair.First, pair.Second)).Distinct().Count());
        Assert.Equal(all.Select(pair => pair.Similarity).OrderDescending(), all.Select(pair => pair.Similarity));
        Assert.Contains((0, 2), all.Where(pair => pair.Similarity > 0.9999).Select(pair => (pair.First, pair.Second)));

        var threshold = all[100].Similarity;
        var near = await Pairs(new { inputs = texts, threshold, limit = 100_000 });
        Assert.Equal(all.Count(pair => pair.Similarity >= threshold), near.Length);
        var few = await Server.PostAsync(Route, JsonSerializer.Serialize(new { inputs = texts, limit = 5 }));
        Assert.True(few.Json.GetProperty("more").GetBoolean());
        Assert.Equal(all.Take(5).Select(pair => pair.Similarity), few.Json.GetProperty("data").EnumerateArray().Select(pair => pair.GetProperty("similarity").GetSingle()));
        var duplicates = await Server.PostAsync(Route, JsonSerializer.Serialize(new { inputs = texts, detector = "tiny-duplicate", threshold = 0.8 }));
        Assert.All(duplicates.Json.GetProperty("data").EnumerateArray(), pair => Assert.True(pair.GetProperty("probability").GetDouble() >= 0.8));
        Assert.NotEqual(0, duplicates.Json.GetProperty("data").GetArrayLength());
    }

    [Theory]
    [InlineData("""{}""", 400, "either pairs")]
    [InlineData("""{"pairs":[["a","b"]],"inputs":["a"]}""", 400, "either pairs")]
    [InlineData("""{"pairs":[]}""", 400, "pairs is empty")]
    [InlineData("""{"pairs":["a"]}""", 400, "pairs[0] must be [text, text]")]
    [InlineData("""{"pairs":[["a"]]}""", 400, "pairs[0][1] must be a string")]
    [InlineData("""{"pairs":[["a","b","c"]]}""", 400, "pairs[0] must be")]
    [InlineData("""{"pairs":[["a","b"],["c",""]]}""", 400, "pairs[1][1] is empty")]
    [InlineData("""{"inputs":["a"]}""", 400, "at least 2")]
    [InlineData("""{"inputs":["a",""]}""", 400, "inputs[1] is empty")]
    [InlineData("""{"inputs":["a","b"],"limit":0}""", 400, "limit must be 1 to")]
    [InlineData("""{"inputs":["a","b"],"detector":"tiny-spam"}""", 400, "judges single texts")]
    [InlineData("""{"inputs":["a","b"],"detector":"nobody"}""", 404, "does not exist")]
    [InlineData("""{"inputs":["a","b"],"model":"nobody"}""", 404, "does not exist")]
    [InlineData("""{"inputs":["a","b"],"model":"tiny-cross-encoder"}""", 400, "for embedding models")]
    [InlineData("""{"inputs":["a","b"],"model":"tiny-classifier"}""", 400, "does not embed")]
    [InlineData("""{"pairs":[["a","b"]],"detector":"tiny-duplicate","threshold":2}""", 400, "threshold must be 0 to 1")]
    [InlineData("""{"pairs":[["a","b"]],"detector":"tiny-duplicate","model":"tiny-mean"}""", 400, "give one of them")]
    public async Task Refuses_what_makes_no_sense_by_name(string body, int status, string message)
    {
        var answer = await Server.PostAsync(Route, body);
        Assert.Equal(status, answer.Status);
        Assert.Contains(message, answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private async Task<(int First, int Second, float Similarity)[]> Pairs(object body) =>
    [
        .. (await Server.PostAsync(Route, JsonSerializer.Serialize(body))).Json.GetProperty("data").EnumerateArray()
            .Select(pair => (pair.GetProperty("first").GetInt32(), pair.GetProperty("second").GetInt32(), pair.GetProperty("similarity").GetSingle())),
    ];
}

[Collection(LocalFixture.Collection)]
public sealed class LocalCompareTests(LocalFixture fixture) : CompareTests(fixture);
