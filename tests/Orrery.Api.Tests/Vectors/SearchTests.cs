using System.Text.Json;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Vectors;

public abstract class SearchTests(ServerFixture fixture) : IAsyncLifetime
{
    private const string Route = "/v1/search";

    private static readonly string[] _texts = ["the weather is fine today", "a football match", "news of the world", "rain and wind"];

    private readonly string _namespace = $"n-{Guid.NewGuid():N}";

    private ApiServer Server => fixture.Server;

    public async Task InitializeAsync()
    {
        var answer = await Server.PostAsync("/v1/embeddings", JsonSerializer.Serialize(new
        {
            model = "tiny-mean",
            input = _texts,
            upsert = new { @namespace = _namespace, ids = new[] { "a", "b", "c", "d" }, metadata = _texts.Select((text, i) => new { text, year = 2020 + i }) },
        }));
        Assert.Equal(200, answer.Status);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Finds_a_text_that_is_there_first()
    {
        for (var i = 0; i < _texts.Length; i++)
        {
            var answer = await SearchAsync(new { model = "tiny-mean", text = _texts[i], top_k = 2 });
            Assert.Equal(200, answer.Status);
            var matches = answer.Json.GetProperty("matches").EnumerateArray().ToArray();
            Assert.Equal(2, matches.Length);
            Assert.Equal("abcd"[i].ToString(), matches[0].GetProperty("id").GetString());
            Assert.Equal(1, matches[0].GetProperty("score").GetDouble(), 1e-4);
            Assert.True(matches[1].GetProperty("score").GetDouble() <= matches[0].GetProperty("score").GetDouble());
            Assert.Equal(_texts[i], matches[0].GetProperty("metadata").GetProperty("text").GetString());
            Assert.False(matches[0].TryGetProperty("values", out _));
        }
    }

    [Fact]
    public async Task Tells_which_model_embedded_the_text_and_what_it_took()
    {
        var answer = await SearchAsync(new { model = "tiny-mean", text = "wind" });
        Assert.Equal(_namespace, answer.Json.GetProperty("namespace").GetString());
        Assert.Equal("tiny-mean", answer.Json.GetProperty("model").GetString());
        Assert.StartsWith(await fixture.VersionAsync("tiny-mean"), answer.Json.GetProperty("model_version").GetString()!, StringComparison.Ordinal);
        Assert.True(answer.Json.GetProperty("usage").GetProperty("total_tokens").GetInt32() > 0);
        Assert.Equal(4, answer.Json.GetProperty("matches").GetArrayLength());
    }

    [Fact]
    public async Task Searches_for_a_vector_and_gives_vectors()
    {
        var embedded = await Server.PostAsync("/v1/embeddings", JsonSerializer.Serialize(new { model = "tiny-mean", input = _texts[2] }));
        var vector = embedded.Json.GetProperty("data")[0].GetProperty("embedding");
        var answer = await SearchAsync(new { vector, top_k = 1, include_values = true, include_metadata = false });
        var match = Assert.Single(answer.Json.GetProperty("matches").EnumerateArray());
        Assert.Equal("c", match.GetProperty("id").GetString());
        Assert.Equal(vector.EnumerateArray().Select(value => value.GetSingle()), match.GetProperty("values").EnumerateArray().Select(value => value.GetSingle()));
        Assert.False(match.TryGetProperty("metadata", out _));
        Assert.False(answer.Json.TryGetProperty("model", out _));
    }

    [Fact]
    public async Task Finds_only_what_the_filter_lets_through()
    {
        var answer = await SearchAsync(new { model = "tiny-mean", text = _texts[0], filter = new Dictionary<string, object> { ["year"] = new Dictionary<string, int> { ["$gte"] = 2021, ["$lt"] = 2023 } } });
        Assert.Equal(["b", "c"], answer.Json.GetProperty("matches").EnumerateArray().Select(match => match.GetProperty("id").GetString()).Order());
    }

    [Fact]
    public async Task Finds_nothing_in_a_namespace_that_is_empty()
    {
        var answer = await Server.PostAsync(Route, """{"model":"tiny-mean","text":"x","namespace":"nobody wrote here"}""");
        Assert.Equal(200, answer.Status);
        Assert.Equal(0, answer.Json.GetProperty("matches").GetArrayLength());
    }

    [Fact]
    public async Task Refuses_a_text_that_another_model_embedded()
    {
        var answer = await SearchAsync(new { model = "tiny-cls", text = "x" });
        Assert.Contains(answer.Status, (int[])[400, 409]);
        Assert.Contains("tiny-mean", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""", "text or vector")]
    [InlineData("""{"text":"a","vector":[1]}""", "text or vector")]
    [InlineData("""{"text":"a","top_k":0}""", "top_k")]
    [InlineData("""{"text":"a","top_k":10001}""", "top_k")]
    [InlineData("""{"text":"a","top_k":"5"}""", "top_k")]
    [InlineData("""{"text":""}""", "text")]
    [InlineData("""{"text":7}""", "text")]
    [InlineData("""{"vector":[1,"x"]}""", "vector[1]")]
    [InlineData("""{"vector":[1,1e99]}""", "vector[1]")]
    [InlineData("""{"vector":7}""", "vector")]
    [InlineData("""{"vector":[1,2]}""", "dimension")]
    [InlineData("""{"text":"a","filter":[]}""", "filter")]
    [InlineData("""{"text":"a","filter":{"year":{"$near":3}}}""", "$near")]
    [InlineData("""{"text":"a","filter":{"$eq":3}}""", "$eq")]
    [InlineData("""{"text":"a","filter":{"year":{"$gt":"x"}}}""", "$gt")]
    [InlineData("""{"text":"a","model":"nobody"}""", "nobody")]
    [InlineData("""{"text":"a","index":"nowhere"}""", "nowhere")]
    [InlineData("""{"text":"a","dimensions":0}""", "dimensions")]
    public async Task Refuses_what_makes_no_sense_by_name(string body, string named)
    {
        var answer = await Server.PostAsync(Route, $"{body[..^1]}{(body.Length > 2 ? "," : "")}\"namespace\":\"{_namespace}\"}}");
        Assert.InRange(answer.Status, 400, 499);
        Assert.Equal("application/problem+json", answer.ContentType!.MediaType);
        Assert.Contains(named, answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private Task<Answer> SearchAsync(object fields)
    {
        var json = JsonSerializer.SerializeToNode(fields)!.AsObject();
        json["namespace"] = _namespace;
        return Server.PostAsync(Route, json.ToJsonString());
    }
}

[Collection(LocalFixture.Collection)]
public sealed class LocalSearchTests(LocalFixture fixture) : SearchTests(fixture);
