using System.Text.Json;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Tei;

public abstract class TeiTests(ServerFixture fixture)
{
    private ApiServer Server => fixture.Server;

    [Theory]
    [InlineData("""{"inputs":"one"}""", 1)]
    [InlineData("""{"inputs":["one","two"]}""", 2)]
    [InlineData("""{"inputs":[5,6,7]}""", 1)]
    [InlineData("""{"inputs":["one",[5,6]]}""", 2)]
    public async Task Embeds_into_two_dimensions_always(string body, int rows)
    {
        var answer = await Server.PostAsync("/embed", body);
        Assert.Equal(200, answer.Status);
        Assert.Equal(rows, answer.Rows().Length);
        Assert.All(answer.Rows(), row => Assert.Equal(1, Math.Sqrt(row.Sum(value => value * value)), 1e-4));
    }

    [Fact]
    public async Task Embeds_without_scaling_when_told()
    {
        var unit = (await Server.PostAsync("/embed", """{"inputs":"one text"}""")).Rows()[0];
        var raw = (await Server.PostAsync("/embed", """{"inputs":"one text","normalize":false}""")).Rows()[0];
        var norm = MathF.Sqrt(raw.Sum(value => value * value));
        Assert.True(Math.Abs(norm - 1) > 1e-3);
        for (var i = 0; i < unit.Length; i++)
            Assert.Equal(raw[i] / norm, unit[i], 1e-5f);
    }

    [Fact]
    public async Task Embeds_with_the_model_named()
    {
        var mean = (await Server.PostAsync("/embed", """{"inputs":"one text","model":"tiny-mean"}""")).Body;
        Assert.Equal(mean, (await Server.PostAsync("/embed", """{"inputs":"one text"}""")).Body);
        Assert.NotEqual(mean, (await Server.PostAsync("/embed", """{"inputs":"one text","model":"tiny-cls"}""")).Body);
    }

    [Fact]
    public async Task Embeds_every_token_of_every_input()
    {
        var tokens = (await Server.PostAsync("/tokenize", """{"inputs":["a few words","one"]}""")).Json;
        var answer = await Server.PostAsync("/embed_all", """{"inputs":["a few words","one"]}""");
        for (var i = 0; i < 2; i++)
            Assert.Equal(tokens[i].GetArrayLength(), answer.Json[i].GetArrayLength());
    }

    [Fact]
    public async Task Sends_large_answers_whole()
    {
        var text = string.Join(' ', Enumerable.Repeat("word", 46));
        var answer = await Server.PostAsync("/embed_all", JsonSerializer.Serialize(new { inputs = Enumerable.Repeat(text, 60) }));
        Assert.True(answer.Body.Length > 700_000);
        Assert.Equal(60, answer.Json.GetArrayLength());
        Assert.All(answer.Json.EnumerateArray(), input => Assert.Equal(48, input.GetArrayLength()));
    }

    [Fact]
    public async Task Compares_one_sentence_with_others()
    {
        var answer = await Server.PostAsync("/similarity", """{"inputs":{"source_sentence":"the cat sat","sentences":["the cat sat","rain over hills"]},"parameters":{"truncate":true}}""");
        var cosines = answer.Floats();
        Assert.Equal(1, cosines[0], 1e-4f);
        var rows = (await Server.PostAsync("/embed", """{"inputs":["the cat sat","rain over hills"]}""")).Rows();
        Assert.Equal(rows[0].Zip(rows[1], (a, b) => a * b).Sum(), cosines[1], 1e-4f);
    }

    [Fact]
    public async Task Predicts_labels_best_first()
    {
        var labels = (await Server.PostAsync("/predict", """{"inputs":"some text"}""")).Json.EnumerateArray().ToList();
        Assert.Equal(["negative", "neutral", "positive"], labels.Select(label => label.GetProperty("label").GetString()).Order());
        var scores = labels.Select(label => label.GetProperty("score").GetDouble()).ToList();
        Assert.Equal(scores.OrderDescending(), scores);
        Assert.Equal(1, scores.Sum(), 1e-5);
    }

    [Fact]
    public async Task Predicts_logits_when_told()
    {
        var probabilities = (await Server.PostAsync("/predict", """{"inputs":"some text"}""")).Json.EnumerateArray()
            .ToDictionary(label => label.GetProperty("label").GetString()!, label => label.GetProperty("score").GetDouble());
        var logits = (await Server.PostAsync("/predict", """{"inputs":"some text","raw_scores":true}""")).Json.EnumerateArray()
            .ToDictionary(label => label.GetProperty("label").GetString()!, label => label.GetProperty("score").GetDouble());
        var sum = logits.Values.Sum(Math.Exp);
        foreach (var (label, logit) in logits)
            Assert.Equal(Math.Exp(logit) / sum, probabilities[label], 1e-5);
    }

    [Theory]
    [InlineData("\"a\"", "[[\"a\"]]")]
    [InlineData("[\"a\"]", "[[\"a\"]]")]
    [InlineData("[\"a\",\"b\"]", "[[\"a\",\"b\"]]")]
    public async Task Predicts_two_strings_as_a_pair(string one, string batch)
    {
        var single = (await Server.PostAsync("/predict", $$"""{"inputs":{{one}}}""")).Json;
        var batched = (await Server.PostAsync("/predict", $$"""{"inputs":{{batch}}}""")).Json;
        Assert.Equal(JsonValueKind.Object, single[0].ValueKind);
        Assert.Equal(single.GetRawText(), batched[0].GetRawText());
    }

    [Fact]
    public async Task Predicts_with_a_sigmoid_when_there_is_one_label()
    {
        var logit = (await Server.PostAsync("/predict", """{"inputs":["q","t"],"model":"tiny-cross-encoder","raw_scores":true}""")).Json[0].GetProperty("score").GetDouble();
        var score = (await Server.PostAsync("/predict", """{"inputs":["q","t"],"model":"tiny-cross-encoder"}""")).Json[0].GetProperty("score").GetDouble();
        Assert.Equal(1 / (1 + Math.Exp(-logit)), score, 1e-5);
    }

    [Fact]
    public async Task Reranks_best_first()
    {
        const string Fields = "\"query\":\"what is rain\",\"texts\":[\"water from clouds\",\"a fast car\",\"hills\"]";
        var plain = (await Server.PostAsync("/rerank", $"{{{Fields}}}")).Json.EnumerateArray().ToList();
        Assert.Equal([0, 1, 2], plain.Select(rank => rank.GetProperty("index").GetInt32()).Order());
        Assert.All(plain, rank => Assert.False(rank.TryGetProperty("text", out _)));
        var scores = plain.Select(rank => rank.GetProperty("score").GetDouble()).ToList();
        Assert.Equal(scores.OrderDescending(), scores);

        var texts = (await Server.PostAsync("/rerank", $"{{{Fields},\"return_text\":true,\"raw_scores\":true}}")).Json.EnumerateArray().ToList();
        string[] given = ["water from clouds", "a fast car", "hills"];
        Assert.All(texts, rank => Assert.Equal(given[rank.GetProperty("index").GetInt32()], rank.GetProperty("text").GetString()));
        for (var i = 0; i < 3; i++)
            Assert.Equal(1 / (1 + Math.Exp(-texts[i].GetProperty("score").GetDouble())), scores[i], 1e-5);
    }

    [Fact]
    public async Task Tokenizes_with_places_and_decodes_back()
    {
        var tokens = (await Server.PostAsync("/tokenize", """{"inputs":"a word"}""")).Json[0].EnumerateArray().ToList();
        Assert.True(tokens[0].GetProperty("special").GetBoolean());
        Assert.Equal(JsonValueKind.Null, tokens[0].GetProperty("start").ValueKind);
        Assert.Equal(0, tokens[1].GetProperty("start").GetInt32());
        Assert.Equal(6, tokens[^2].GetProperty("stop").GetInt32());
        var ids = string.Join(',', tokens.Select(token => token.GetProperty("id").GetInt32()));
        Assert.Equal("""["a word"]""", (await Server.PostAsync("/decode", $$"""{"ids":[{{ids}}]}""")).Body);
        Assert.Equal("""["a word","a word"]""", (await Server.PostAsync("/decode", $$"""{"ids":[[{{ids}}],[{{ids}}]],"skip_special_tokens":true}""")).Body);
        var plain = (await Server.PostAsync("/tokenize", """{"inputs":["a word"],"add_special_tokens":false}""")).Json[0];
        Assert.Equal(tokens.Count - 2, plain.GetArrayLength());
    }

    [Fact]
    public async Task Truncates_by_default_at_the_side_asked_for_and_refuses_when_told()
    {
        var text = "start " + string.Join(' ', Enumerable.Repeat("word", 100)) + " end";
        var right = (await Server.PostAsync("/embed", JsonSerializer.Serialize(new { inputs = text }))).Body;
        var left = (await Server.PostAsync("/embed", JsonSerializer.Serialize(new { inputs = text, truncation_direction = "Left" }))).Body;
        Assert.NotEqual(right, left);
        var refused = await Server.PostAsync("/embed", JsonSerializer.Serialize(new { inputs = text, truncate = false }));
        AssertError(refused, 422, "Validation");
        Assert.Contains("48", refused.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_a_model_and_the_limits_in_force()
    {
        var embedding = (await Server.GetAsync("/info")).Json;
        Assert.Equal("tiny-mean", embedding.GetProperty("model_id").GetString());
        Assert.Equal("mean", embedding.GetProperty("model_type").GetProperty("embedding").GetProperty("pooling").GetString());
        Assert.Equal(48, embedding.GetProperty("max_input_length").GetInt32());
        Assert.Equal(2048, embedding.GetProperty("max_client_batch_size").GetInt32());
        Assert.True(embedding.GetProperty("auto_truncate").GetBoolean());
        var classifier = (await Server.GetAsync("/info?model=tiny-classifier")).Json.GetProperty("model_type").GetProperty("classifier");
        Assert.Equal("positive", classifier.GetProperty("id2label").GetProperty("2").GetString());
        Assert.Equal(2, classifier.GetProperty("label2id").GetProperty("positive").GetInt32());
        AssertError(await Server.GetAsync("/info?model=nobody"), 404, "Validation");
    }

    internal static void AssertError(Answer answer, int status, string type)
    {
        Assert.True(answer.Status == status, $"{answer.Status}: {answer.Body}");
        Assert.Equal(["error", "error_type"], answer.Json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(type, answer.Json.GetProperty("error_type").GetString());
    }
}

[Collection(LocalFixture.Collection)]
public sealed class LocalTeiTests(LocalFixture fixture) : TeiTests(fixture);
