using System.Text.Json;
using Orrery.Api.Tests.Support;
using Orrery.Engine;

namespace Orrery.Api.Tests.Scoring;

public abstract class ScoreTests(ServerFixture fixture)
{
    private const string Route = "/v1/score";

    private ApiServer Server => fixture.Server;

    [Fact]
    public async Task Answers_each_text_with_each_detectors_label()
    {
        var answer = await Server.PostAsync(Route, """{"input":["the weather is fine","a second text"],"detectors":["tiny-topic","tiny-spam"]}""");
        Assert.Equal(200, answer.Status);
        var data = answer.Json.GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal([0, 1], data.Select(item => item.GetProperty("index").GetInt32()));
        foreach (var item in data)
        {
            Assert.Equal(["tiny-topic", "tiny-spam"], item.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("detector").GetString()));
            Assert.Equal(["detector", "label", "probability"], item.GetProperty("results")[0].EnumerateObject().Select(field => field.Name));
            Assert.False(item.TryGetProperty("embeddings", out _));
        }

        var versions = answer.Json.GetProperty("detectors").EnumerateArray().ToArray();
        Assert.All(versions, version => Assert.Equal(64, version.GetProperty("version").GetString()!.Length));
        var model = await fixture.VersionAsync("tiny-mean");
        Assert.All(versions, version => Assert.StartsWith(model, version.GetProperty("model_version").GetString()!, StringComparison.Ordinal));
        Assert.True(answer.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32() > 6);
        Assert.True(answer.Json.GetProperty("timing").GetProperty("total_ms").GetDouble() > 0);
    }

    [Fact]
    public async Task Applies_the_head_to_the_embedding_of_the_text()
    {
        var answer = await Server.PostAsync(Route, """{"input":"some words","detectors":["tiny-topic"],"return_scores":true,"return_embeddings":true}""");
        var item = answer.Json.GetProperty("data")[0];
        var embedding = item.GetProperty("embeddings")[0].GetProperty("embedding").EnumerateArray().Select(value => value.GetDouble()).ToArray();
        var own = await Server.PostAsync("/v1/embeddings", """{"model":"tiny-mean","input":"some words"}""");
        Assert.Equal(own.Json.GetProperty("data")[0].GetProperty("embedding").EnumerateArray().Select(value => value.GetDouble()), embedding);
        // The fixture's weights, as tests/reference/detectors.py makes them.
        var decisions = Enumerable.Range(0, 3).Select(label => embedding.Select((value, i) => value * Math.Sin(1 + (i * 3) + label)).Sum()).ToArray();
        var expected = decisions.Select(decision => Math.Exp(decision) / decisions.Sum(Math.Exp)).ToArray();
        var scores = item.GetProperty("results")[0].GetProperty("scores");
        Assert.Equal(["news", "sport", "weather"], scores.EnumerateObject().Select(score => score.Name));
        foreach (var (score, value) in scores.EnumerateObject().Zip(expected))
            Assert.Equal(value, score.Value.GetDouble(), 1e-5);
    }

    [Fact]
    public async Task Embeds_each_text_once_for_detectors_of_one_model()
    {
        var one = await Server.PostAsync(Route, """{"input":"once only","detectors":["tiny-topic"]}""");
        var two = await Server.PostAsync(Route, """{"input":"once only","detectors":["tiny-topic","tiny-spam"],"return_embeddings":true}""");
        var other = await Server.PostAsync(Route, """{"input":"once only","detectors":["tiny-topic","tiny-cls-topic"],"return_embeddings":true}""");
        Assert.Equal(Tokens(one), Tokens(two));
        Assert.Equal(2 * Tokens(one), Tokens(other));
        Assert.Equal(["tiny-mean"], Models(two));
        Assert.Equal(["tiny-mean", "tiny-cls"], Models(other));

        static int Tokens(Answer answer) => answer.Json.GetProperty("usage").GetProperty("total_tokens").GetInt32();
        static IEnumerable<string?> Models(Answer answer) => answer.Json.GetProperty("data")[0].GetProperty("embeddings").EnumerateArray().Select(one => one.GetProperty("model").GetString());
    }

    [Fact]
    public async Task Asks_every_ready_detector_of_single_texts_when_none_is_named()
    {
        var answer = await Server.PostAsync(Route, """{"input":"any text"}""");
        Assert.Equal(["tiny-cls-topic", "tiny-spam", "tiny-topic"], answer.Json.GetProperty("detectors").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Judges_by_the_detectors_threshold_or_the_requests()
    {
        var scores = (await Result("""{"input":"a text","detectors":["tiny-spam"],"return_scores":true}""")).GetProperty("scores");
        var spam = scores.GetProperty("spam").GetSingle();
        Assert.Equal(spam >= 0.4f ? "spam" : "ham", (await Result("""{"input":"a text","detectors":["tiny-spam"]}""")).GetProperty("label").GetString());
        Assert.Equal("spam", (await Result("""{"input":"a text","detectors":["tiny-spam"],"threshold":0}""")).GetProperty("label").GetString());
        var strict = await Result("""{"input":"a text","detectors":["tiny-spam"],"threshold":1}""");
        Assert.Equal("ham", strict.GetProperty("label").GetString());
        Assert.Equal(scores.GetProperty("ham").GetSingle(), strict.GetProperty("probability").GetSingle(), 1e-5);
        var none = await Result("""{"input":"a text","detectors":["tiny-topic"],"threshold":1}""");
        Assert.Equal(JsonValueKind.Null, none.GetProperty("label").ValueKind);
        Assert.InRange(none.GetProperty("probability").GetSingle(), 0.33f, 0.99f);
    }

    [Theory]
    [InlineData("""{"detectors":["tiny-spam"]}""", 400, "input is missing")]
    [InlineData("""{"input":[]}""", 400, "input is empty")]
    [InlineData("""{"input":""}""", 400, "input[0] is empty")]
    [InlineData("""{"input":["a",""]}""", 400, "input[1] is empty")]
    [InlineData("""{"input":["a",{}]}""", 400, "input[1] must be")]
    [InlineData("""{"input":"a","detectors":"tiny-topic","threshold":1.01}""", 400, "threshold must be 0 to 1")]
    [InlineData("""{"input":"a","threshold":"x"}""", 400, "threshold must be a number")]
    [InlineData("""{"input":"a","detectors":["nobody"]}""", 404, "detector 'nobody' does not exist; there are")]
    [InlineData("""{"input":"a","detectors":["tiny-spam","tiny-spam"]}""", 400, "twice")]
    [InlineData("""{"input":"a","detectors":["tiny-spam",""]}""", 400, "detectors[1] is empty")]
    [InlineData("""{"input":"a","detectors":["tiny-duplicate"]}""", 400, "judges pairs")]
    [InlineData("""{"input":"a","detectors":["tiny-foreign"]}""", 503, "trained on version abab")]
    [InlineData("""{"input":"a","return_scores":1}""", 400, "return_scores must be true or false")]
    public async Task Refuses_what_makes_no_sense_by_name(string body, int status, string message)
    {
        var answer = await Server.PostAsync(Route, body);
        Assert.Equal(status, answer.Status);
        Assert.Equal("application/problem+json", answer.ContentType!.MediaType);
        Assert.Contains(message, answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cuts_long_texts_unless_told_not_to()
    {
        var text = string.Concat(Enumerable.Repeat("word ", 100));
        Assert.Equal(200, (await Server.PostAsync(Route, JsonSerializer.Serialize(new { input = text }))).Status);
        var refused = await Server.PostAsync(Route, JsonSerializer.Serialize(new { input = text, truncate = false }));
        Assert.Equal(400, refused.Status);
        Assert.Contains("input[0] must have at most 48 tokens", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_detectors_with_their_state()
    {
        var list = (await Server.GetAsync("/v1/detectors")).Json.GetProperty("data").EnumerateArray().ToDictionary(one => one.GetProperty("name").GetString()!);
        Assert.Equal(6, list.Count);
        Assert.Equal("ready", list["tiny-spam"].GetProperty("state").GetString());
        Assert.Equal("spam", list["tiny-spam"].GetProperty("positive").GetString());
        Assert.Equal("pair", list["tiny-answers"].GetProperty("kind").GetString());
        Assert.Equal("failed", list["tiny-foreign"].GetProperty("state").GetString());
    }

    [Fact]
    public async Task Names_a_detector_of_another_version_in_readiness()
    {
        var ready = await Server.GetAsync("/health/ready");
        Assert.Equal(200, ready.Status);
        var foreign = ready.Json.GetProperty("detectors").EnumerateArray().Single(one => one.GetProperty("name").GetString() == "tiny-foreign");
        Assert.Contains("its head was trained on version abab", foreign.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tiny-spam", """{"model_type":"tiny-spam","data":"a text"}""", "label")]
    [InlineData("classifier", """{"model_type":"classifier","data":"a text"}""", "scores")]
    public async Task Answers_the_older_shape_by_one_name(string name, string body, string field)
    {
        var answer = await Server.PostAsync("/inference", body);
        Assert.Equal(200, answer.Status);
        Assert.Equal(name, answer.Json.GetProperty("model_type").GetString());
        Assert.True(answer.Json.GetProperty("result").TryGetProperty(field, out _));
    }

    [Fact]
    public async Task Answers_the_older_shape_with_embeddings_of_a_list()
    {
        var answer = await Server.PostAsync("/inference", """{"model_type":"embedding","data":["a","b"]}""");
        Assert.Equal([32, 32], answer.Json.GetProperty("result").EnumerateArray().Select(vector => vector.GetArrayLength()));
    }

    [Theory]
    [InlineData("""{"data":"a"}""", 400, "model_type is missing")]
    [InlineData("""{"model_type":"embedding"}""", 400, "data is missing")]
    [InlineData("""{"model_type":"embedding","data":["a",""]}""", 400, "data[1] is empty")]
    [InlineData("""{"model_type":"nobody","data":"a"}""", 404, "neither a detector nor a model")]
    public async Task Refuses_an_older_shape_that_makes_no_sense(string body, int status, string message)
    {
        var answer = await Server.PostAsync("/inference", body);
        Assert.Equal(status, answer.Status);
        Assert.Contains(message, answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private async Task<JsonElement> Result(string body) => (await Server.PostAsync(Route, body)).Json.GetProperty("data")[0].GetProperty("results")[0];
}

[Collection(LocalFixture.Collection)]
public sealed class LocalScoreTests(LocalFixture fixture) : ScoreTests(fixture);

public sealed class OverloadedScoreTests
{
    [Theory]
    [InlineData(InferenceErrorKind.Overloaded, 429)]
    [InlineData(InferenceErrorKind.DeadlineExceeded, 504)]
    [InlineData(InferenceErrorKind.Failed, 500)]
    public async Task Gives_a_refusal_its_status(InferenceErrorKind kind, int status)
    {
        await using var fixture = new Disposing(new LocalFixture());
        await using var server = await ApiServer.StartAsync(new RefusingBackend(await fixture.StartAsync(), new InferenceError(kind, "no", RetryAfter: TimeSpan.FromSeconds(3))));
        var answer = await server.PostAsync("/v1/score", """{"input":"a"}""");
        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 429, answer.Headers.RetryAfter is not null);
        Assert.Equal(status, (await server.PostAsync("/v1/compare", """{"pairs":[["a","b"]]}""")).Status);
    }

    private sealed class Disposing(LocalFixture fixture) : IAsyncDisposable
    {
        public async Task<IInferenceBackend> StartAsync()
        {
            await fixture.InitializeAsync();
            return fixture.Backend;
        }

        public async ValueTask DisposeAsync() => await fixture.DisposeAsync();
    }
}
