using System.Globalization;
using System.Text.Json;
using Orrery.Api.Tests.Support;
using Orrery.Api.Tests.Tei;

namespace Orrery.Api.Tests.Hub;

/// <summary>The hub's inference clients' form, and the doors that hosts of Text Embeddings Inference use.</summary>
public abstract class HubTests(ServerFixture fixture)
{
    private const string Text = "😀 the cat sat on a mat";

    private ApiServer Server => fixture.Server;

    [Fact]
    public async Task Labels_each_token_with_its_place_in_code_points()
    {
        var tokens = (await Server.PostAsync("/tokenize", $$$"""{"inputs":"{{{Text}}}","model":"tiny-tokens"}""")).Json[0].EnumerateArray().ToList();
        var logits = await LogitsAsync(HeadModels.Labels);
        var entities = (await Server.PostAsync("/models/tiny-tokens", $$$"""{"inputs":"{{{Text}}}","parameters":{"aggregation_strategy":"none","ignore_labels":[]}}""")).Json.EnumerateArray().ToList();
        Assert.Equal(tokens.Count - 2, entities.Count);
        for (var i = 0; i < entities.Count; i++)
        {
            var (token, entity, scores) = (tokens[i + 1], entities[i], Softmax(logits[i + 1]));
            Assert.Equal(i + 1, entity.GetProperty("index").GetInt32());
            Assert.Equal(token.GetProperty("start").GetInt32(), entity.GetProperty("start").GetInt32());
            Assert.Equal(token.GetProperty("stop").GetInt32(), entity.GetProperty("end").GetInt32());
            Assert.Equal(HeadModels.TokenLabels[Array.IndexOf(scores, scores.Max())], entity.GetProperty("entity").GetString());
            Assert.Equal(scores.Max(), entity.GetProperty("score").GetSingle(), 1e-4f);
        }
    }

    [Theory]
    [InlineData("simple")]
    [InlineData("first")]
    [InlineData("average")]
    [InlineData("max")]
    public async Task Puts_neighbours_of_one_kind_together(string strategy)
    {
        var groups = (await Server.PostAsync("/models/tiny-tokens", $$$"""{"inputs":["{{{Text}}}"],"parameters":{"aggregation_strategy":"{{{strategy}}}","ignore_labels":[]}}""")).Json[0].EnumerateArray().ToList();
        Assert.Equal(0, groups[0].GetProperty("start").GetInt32());
        Assert.Equal(new StringInfo(Text).LengthInTextElements, groups[^1].GetProperty("end").GetInt32());
        for (var i = 1; i < groups.Count; i++)
            Assert.True(groups[i - 1].GetProperty("end").GetInt32() <= groups[i].GetProperty("start").GetInt32());
        Assert.All(groups, group => Assert.Contains(group.GetProperty("entity_group").GetString(), (string[])["O", "PER", "LOC"]));
    }

    [Fact]
    public async Task Leaves_out_what_is_no_entity_unless_told()
    {
        var all = (await Server.PostAsync("/models/tiny-tokens", $$$"""{"inputs":"{{{Text}}}","parameters":{"ignore_labels":["nothing"]}}""")).Json.EnumerateArray().Select(Label).ToList();
        var entities = (await Server.PostAsync("/models/tiny-tokens", $$$"""{"inputs":"{{{Text}}}"}""")).Json.EnumerateArray().Select(Label).ToList();
        Assert.Equal(all.Where(label => label != "O"), entities);

        static string? Label(JsonElement entity) => entity.GetProperty("entity_group").GetString();
    }

    [Fact]
    public async Task Weighs_the_vocabulary_by_each_entrys_largest_logit()
    {
        var logits = await LogitsAsync(HeadModels.Vocabulary);
        var answer = await Server.PostAsync("/embed_sparse", $$$"""{"inputs":["one","{{{Text}}}"]}""");
        var weights = answer.Json[1].EnumerateArray().ToDictionary(weight => weight.GetProperty("index").GetInt32(), weight => weight.GetProperty("value").GetSingle());
        for (var i = 0; i < HeadModels.Vocabulary; i++)
            Assert.Equal(MathF.Log(1 + Math.Max(0, logits.Max(token => token[i]))), weights.GetValueOrDefault(i), 1e-4f);
        Assert.All(weights.Values, weight => Assert.True(weight > 0));
        Assert.Equal(answer.Body, (await Server.PostAsync("/models/tiny-sparse", $$$"""{"inputs":["one","{{{Text}}}"]}""")).Body);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task Judges_labels_by_what_a_sentence_about_them_follows_from(string each)
    {
        var pairs = (await Server.PostAsync("/predict", """{"model":"tiny-nli","raw_scores":true,"inputs":[["a text","It is about cats!"],["a text","It is about 狗!"]]}""")).Json
            .EnumerateArray().Select(labels => labels.EnumerateArray().ToDictionary(label => label.GetProperty("label").GetString()!, label => label.GetProperty("score").GetSingle())).ToList();
        float[] expected = each == "true"
            ? [.. pairs.Select(logits => Softmax([logits["contradiction"], logits["ENTAILMENT"]])[1])]
            : Softmax([.. pairs.Select(logits => logits["ENTAILMENT"])]);
        var answer = await Server.PostAsync(
            "/models/tiny-nli", $$$"""{"inputs":"a text","parameters":{"candidate_labels":["cats","狗"],"hypothesis_template":"It is about {}!","multi_label":{{{each}}}}}""");
        Assert.True(answer.Status == 200, answer.Body);
        var scores = answer.Json.EnumerateArray().ToDictionary(label => label.GetProperty("label").GetString()!, label => label.GetProperty("score").GetSingle());
        Assert.Equal(expected[0], scores["cats"], 1e-5f);
        Assert.Equal(expected[1], scores["狗"], 1e-5f);
    }

    [Fact]
    public async Task Cuts_the_text_and_never_the_sentence_about_the_label()
    {
        var text = string.Join(' ', Enumerable.Repeat("word", 100));
        const string Labels = "\"candidate_labels\":\"one two three four five, six\"";
        var cut = await Server.PostAsync("/models/tiny-nli", $$$"""{"inputs":"{{{text}}}","parameters":{{{{Labels}}}}}""");
        Assert.Equal(cut.Body, (await Server.PostAsync("/models/tiny-nli", $$$"""{"inputs":"{{{text}}} word word","parameters":{{{{Labels}}}}}""")).Body);
        var label = string.Join(' ', Enumerable.Repeat("label", 60));
        TeiTests.AssertError(await Server.PostAsync("/models/tiny-nli", $$$"""{"inputs":"a","parameters":{"candidate_labels":["{{{label}}}","b"]}}"""), 422, "Validation");
    }

    [Fact]
    public async Task Gives_labels_in_a_list_for_each_text()
    {
        var one = (await Server.PostAsync("/models/tiny-classifier", """{"inputs":"some text"}""")).Json;
        var two = (await Server.PostAsync("/models/tiny-classifier", """{"inputs":["some text",{"text":"a","text_pair":"b"}]}""")).Json;
        Assert.Equal((await Server.PostAsync("/predict", """{"model":"tiny-classifier","inputs":"some text"}""")).Json.GetRawText(), one[0].GetRawText());
        Assert.Equal((await Server.PostAsync("/predict", """{"model":"tiny-classifier","inputs":["a","b"]}""")).Json.GetRawText(), two[1].GetRawText());
        Assert.Equal(2, two.GetArrayLength());
        var best = (await Server.PostAsync("/models/tiny-classifier", """{"inputs":"some text","parameters":{"top_k":1,"function_to_apply":"none"}}""")).Json[0];
        Assert.Equal((await Server.PostAsync("/predict", """{"model":"tiny-classifier","inputs":"some text","raw_scores":true}""")).Json[0].GetRawText(), Assert.Single(best.EnumerateArray()).GetRawText());
    }

    [Fact]
    public async Task Judges_each_of_several_labels_by_itself()
    {
        var logits = Scores(await Server.PostAsync("/predict", """{"model":"tiny-multilabel","inputs":"some text","raw_scores":true}"""));
        var scores = Scores(await Server.PostAsync("/predict", """{"model":"tiny-multilabel","inputs":"some text"}"""));
        Assert.Equal(["0", "1", "2.5"], scores.Keys.Order());
        Assert.All(scores, label => Assert.Equal(1 / (1 + MathF.Exp(-logits[label.Key])), label.Value, 1e-5f));

        static Dictionary<string, float> Scores(Answer answer) =>
            answer.Json.EnumerateArray().ToDictionary(label => label.GetProperty("label").GetString()!, label => label.GetProperty("score").GetSingle());
    }

    [Fact]
    public async Task Answers_at_the_root_by_the_default_model_or_the_one_named()
    {
        var vectors = (await Server.PostAsync("/embed", """{"inputs":["one","two"]}""")).Body;
        foreach (var route in (string[])["/", "/invocations", "/models/tiny-mean", "/models/tiny-mean/pipeline/feature-extraction"])
            Assert.Equal(vectors, (await Server.PostAsync(route, """{"inputs":["one","two"],"parameters":{"truncate":true}}""")).Body);
        const string Similarity = """{"inputs":{"source_sentence":"the cat sat","sentences":["the cat sat","rain"]}}""";
        Assert.Equal((await Server.PostAsync("/similarity", Similarity)).Body, (await Server.PostAsync("/", Similarity)).Body);
        Assert.Equal(
            (await Server.PostAsync("/rerank", """{"query":"q","texts":["a","b"]}""")).Body, (await Server.PostAsync("/", """{"query":"q","texts":["a","b"],"model":"tiny-cross-encoder"}""")).Body);
        Assert.Equal($$$"""{"predictions":[{{{vectors}}},{{{vectors}}}]}""", (await Server.PostAsync("/vertex", """{"instances":[{"inputs":["one","two"]},{"inputs":["one","two"]}]}""")).Body);
        Assert.Equal((await Server.PostAsync("/v1/embeddings", """{"input":"one"}""")).Body, (await Server.PostAsync("/embeddings", """{"input":"one"}""")).Body);
        foreach (var route in (string[])["/", "/ping", "/health"])
            Assert.Equal(200, (await Server.GetAsync(route)).Status);
    }

    [Theory]
    [InlineData("/models/tiny-mean", """{"inputs":"a","options":{"wait_for_model":true}}""")]
    [InlineData("/models/tiny-mean", """{"inputs":{"source_sentence":"a","sentences":["b"]},"parameters":{"truncate":true}}""")]
    [InlineData("/models/tiny-cross-encoder", """{"query":"a","texts":["b"],"parameters":{}}""")]
    [InlineData("/embed", """{"inputs":"a","unknown":1}""")]
    [InlineData("/similarity", """{"inputs":{"source_sentence":"a","sentences":["b"],"unknown":1},"parameters":{"unknown":1},"unknown":1}""")]
    public async Task Passes_over_what_is_for_the_hub_s_queue_and_what_another_protocol_passes_over(string route, string body) =>
        Assert.Equal(200, (await Server.PostAsync(route, body)).Status);

    [Fact]
    public async Task Puts_a_prompt_before_texts()
    {
        var plain = (await Server.PostAsync("/v1/embeddings", """{"input":"query: one"}""")).Json.GetProperty("data").GetRawText();
        Assert.Equal(plain, (await Server.PostAsync("/v1/embeddings", """{"input":"one","prompt":"query: "}""")).Json.GetProperty("data").GetRawText());
        var unknown = await Server.PostAsync("/v1/embeddings", """{"input":"one","prompt_name":"nobody"}""");
        Assert.Equal((400, "prompt_name"), (unknown.Status, unknown.Json.GetProperty("error").GetProperty("param").GetString()));
        Assert.Equal(400, (await Server.PostAsync("/v1/embeddings", """{"input":"one","prompt_name":"query","prompt":"query: "}""")).Status);
        // Every text would be read behind it.
        var endless = await Server.PostAsync("/v1/embeddings", $$"""{"input":"one","truncate":true,"prompt":"{{new string('x', 100_000)}}"}""");
        Assert.Equal((400, "prompt"), (endless.Status, endless.Json.GetProperty("error").GetProperty("param").GetString()));
    }

    [Theory]
    [InlineData("/models/tiny-tokens", """{"inputs":"a","parameters":{"top_k":1}}""", 422, "top_k")]
    [InlineData("/models/tiny-tokens", """{"inputs":"a","parameters":{"stride":2}}""", 422, "stride")]
    [InlineData("/models/tiny-tokens", """{"inputs":"a","parameters":{"aggregation_strategy":"word"}}""", 422, "simple, none, first, average, max")]
    [InlineData("/models/tiny-tokens", """{"inputs":[["a","b"]]}""", 422, "inputs[0]")]
    [InlineData("/models/tiny-tokens", """{"inputs":"a","truncation_direction":"left"}""", 422, "beginning")]
    [InlineData("/models/tiny-tokens", """{"inputs":""}""", 400, "empty")]
    [InlineData("/models/tiny-classifier", """{"inputs":"a","parameters":{"candidate_labels":["b"]}}""", 424, "entail")]
    [InlineData("/models/tiny-nli", """{"inputs":"a","parameters":{"candidate_labels":[]}}""", 400, "candidate_labels")]
    [InlineData("/models/tiny-nli", """{"inputs":"a","parameters":{"candidate_labels":["b"],"hypothesis_template":"about"}}""", 422, "hypothesis_template")]
    [InlineData("/models/tiny-nli", """{"inputs":"a","parameters":{"multi_label":true}}""", 422, "multi_label")]
    [InlineData("/models/tiny-mean", """{"inputs":"a","parameters":{"top_k":1}}""", 422, "top_k")]
    [InlineData("/models/tiny-mean", """{"inputs":"a","encoding_format":"base64"}""", 422, "encoding_format")]
    [InlineData("/models/tiny-mean", """{"inputs":"a","prompt":"query: "}""", 422, "prompt")]
    [InlineData("/", """{"inputs":"a","top_k":1}""", 422, "top_k")]
    [InlineData("/vertex", """{"instances":[{"inputs":"a","prompt":"query: "}]}""", 422, "prompt")]
    [InlineData("/models/tiny-sparse", """{"inputs":"a","top_k":1}""", 422, "top_k")]
    [InlineData("/models/tiny-sparse", """{"inputs":"a","parameters":{"top_k":1}}""", 422, "top_k")]
    [InlineData("/models/tiny-mean", """{"inputs":{"source_sentence":"a","sentences":["b"],"metric":"dot"}}""", 422, "metric")]
    [InlineData("/models/tiny-mean", """{"inputs":{"source_sentence":"a","sentences":["b"]},"parameters":{"metric":"dot"}}""", 422, "metric")]
    [InlineData("/models/tiny-cross-encoder", """{"query":"a","texts":["b"],"top_n":1}""", 422, "top_n")]
    [InlineData("/models/tiny-cross-encoder", """{"query":"a","texts":["b"],"parameters":{"top_n":1}}""", 422, "top_n")]
    [InlineData("/models/tiny-mean", """{"inputs":"a","model":"tiny-cls"}""", 422, "tiny-cls")]
    [InlineData("/models/tiny-mean", """{"query":"a","texts":["b"]}""", 424, "/rerank")]
    [InlineData("/models/nobody", """{"inputs":"a"}""", 404, "nobody")]
    [InlineData("/models/load", """{"model":"tiny-mean","inputs":"a"}""", 404, "load")]
    [InlineData("/models/infer", """{"inputs":"a"}""", 404, "infer")]
    [InlineData("/vertex", """{"instances":[]}""", 400, "instances")]
    [InlineData("/vertex", """{"instances":[{"inputs":"a"},{"inputs":""}]}""", 400, "instances[1]")]
    [InlineData("/embed", """{"inputs":"a","model":"tiny-tokens"}""", 424, "tokenclassifier")]
    [InlineData("/embed_sparse", """{"inputs":"a","model":"tiny-mean"}""", 424, "embedding")]
    [InlineData("/v1/embeddings", """{"input":"a","model":"tiny-tokens"}""", 400, "tokenclassifier")]
    [InlineData("/v1/embeddings", """{"input":"a","model":"tiny-sparse"}""", 400, "sparse")]
    public async Task Refuses_by_name_what_it_cannot_do(string route, string body, int status, string says)
    {
        var answer = await Server.PostAsync(route, body);
        Assert.True(answer.Status == status, $"{answer.Status}: {answer.Body}");
        Assert.Contains(says, answer.Body, StringComparison.Ordinal);
    }

    /// <summary>The first components of each token's vector.</summary>
    private async Task<float[][]> LogitsAsync(int count) =>
        [.. (await Server.PostAsync("/embed_all", $$$"""{"inputs":"{{{Text}}}","model":"tiny-mean"}""")).Json[0].EnumerateArray().Select(token => token.EnumerateArray().Take(count).Select(value => value.GetSingle()).ToArray())];

    private static float[] Softmax(float[] logits)
    {
        var exponentials = Array.ConvertAll(logits, MathF.Exp);
        return Array.ConvertAll(exponentials, value => value / exponentials.Sum());
    }
}

[Collection(LocalFixture.Collection)]
public sealed class LocalHubTests(LocalFixture fixture) : HubTests(fixture);
