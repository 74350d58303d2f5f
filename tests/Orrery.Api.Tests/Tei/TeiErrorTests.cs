using System.Text;
using System.Text.Json;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Tei;

public abstract class TeiErrorTests(BackendFixture fixture)
{
    private ApiServer Server => fixture.Server;

    [Theory]
    [InlineData("/embed", """{"inputs":[]}""", 400, "Empty")]
    [InlineData("/embed", """{"inputs":""}""", 400, "Empty")]
    [InlineData("/embed", """{"inputs":"a","dimensions":0}""", 422, "Validation")]
    [InlineData("/embed", """{"inputs":"a","dimensions":33}""", 422, "Validation")]
    [InlineData("/embed", """{"inputs":"a","prompt_name":"nope"}""", 422, "Validation")]
    [InlineData("/embed", """{"inputs":[99999999]}""", 422, "Tokenizer")]
    [InlineData("/embed", """{"inputs":"a","model":"nobody"}""", 404, "Validation")]
    [InlineData("/embed", """{"inputs":"a","model":"tiny-classifier"}""", 424, "Backend")]
    [InlineData("/predict", """{"inputs":"a","model":"tiny-mean"}""", 424, "Backend")]
    [InlineData("/predict", """{"inputs":[]}""", 400, "Empty")]
    [InlineData("/predict", """{"inputs":[["a",""]]}""", 200, null)]
    [InlineData("/rerank", """{"query":"","texts":["a"]}""", 400, "Empty")]
    [InlineData("/rerank", """{"query":"a","texts":[]}""", 400, "Empty")]
    [InlineData("/rerank", """{"query":"a","texts":["b",""]}""", 400, "Empty")]
    [InlineData("/rerank", """{"query":"a","texts":["b"],"model":"tiny-classifier"}""", 424, "Backend")]
    [InlineData("/similarity", """{"inputs":{"source_sentence":"a","sentences":[]}}""", 400, "Empty")]
    [InlineData("/similarity", """{"inputs":{"source_sentence":"","sentences":["a"]}}""", 400, "Empty")]
    [InlineData("/tokenize", """{"inputs":[]}""", 400, "Empty")]
    [InlineData("/tokenize", """{"inputs":"a","prompt_name":"nope"}""", 422, "Validation")]
    [InlineData("/decode", """{"ids":[]}""", 400, "Empty")]
    [InlineData("/decode", """{"ids":[-1]}""", 422, "Tokenizer")]
    [InlineData("/embed", "{", 400, null)]
    [InlineData("/embed", """{"inputs":"\udc00"}""", 400, null)]
    [InlineData("/embed", "{}", 422, null)]
    [InlineData("/embed", "[]", 422, null)]
    [InlineData("/embed", """{"inputs":null}""", 422, null)]
    [InlineData("/embed", """{"inputs":[{}]}""", 422, null)]
    [InlineData("/embed", """{"inputs":"a","truncate":"yes"}""", 422, null)]
    [InlineData("/embed", """{"inputs":"a","truncation_direction":"up"}""", 422, null)]
    [InlineData("/embed", """{"inputs":"a","dimensions":1e99}""", 422, null)]
    [InlineData("/predict", """{"inputs":["a","b","c"]}""", 422, null)]
    [InlineData("/predict", """{"inputs":[["a","b","c"]]}""", 422, null)]
    [InlineData("/predict", """{"inputs":[[]]}""", 422, null)]
    [InlineData("/rerank", """{"query":"a"}""", 422, null)]
    [InlineData("/similarity", """{"inputs":"a"}""", 422, null)]
    [InlineData("/similarity", """{"inputs":{"sentences":["a"]}}""", 422, null)]
    [InlineData("/tokenize", """{"inputs":[1]}""", 422, null)]
    [InlineData("/decode", """{"ids":["a"]}""", 422, null)]
    public async Task Answers_what_the_reference_server_does(string route, string body, int status, string? type)
    {
        var answer = await Server.PostAsync(route, body);
        if (type is not null)
            TeiTests.AssertError(answer, status, type);
        else
            Assert.True(answer.Status == status && (status == 200 || answer.ContentType!.MediaType == "text/plain"), $"{answer.Status} {answer.ContentType}: {answer.Body}");
    }

    [Fact]
    public async Task Names_the_sentence_that_is_empty()
    {
        var answer = await Server.PostAsync("/similarity", """{"inputs":{"source_sentence":"a","sentences":["b",""]}}""");
        TeiTests.AssertError(answer, 400, "Empty");
        Assert.Contains("sentences[1]", answer.Body, StringComparison.Ordinal);
        answer = await Server.PostAsync("/similarity", """{"inputs":{"source_sentence":"","sentences":["b"]}}""");
        Assert.Contains("source_sentence", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Refuses_bodies_that_are_not_announced_as_JSON(string? type)
    {
        using var content = new ByteArrayContent("""{"inputs":"a"}"""u8.ToArray());
        content.Headers.ContentType = type is null ? null : new(type);
        var answer = await Server.PostAsync("/embed", content);
        Assert.Equal(415, answer.Status);
        Assert.Equal("text/plain", answer.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/vnd.api+json")]
    public async Task Takes_every_name_of_JSON(string type)
    {
        using var content = new ByteArrayContent("""{"inputs":"a"}"""u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        Assert.Equal(200, (await Server.PostAsync("/embed", content)).Status);
    }

    [Theory]
    [InlineData("X-Priority", "urgent", 400)]
    [InlineData("X-Priority", "bulk", 200)]
    [InlineData("X-Priority", "Interactive", 200)]
    [InlineData("X-Timeout-Ms", "0", 400)]
    [InlineData("X-Timeout-Ms", "-5", 400)]
    [InlineData("X-Timeout-Ms", "soon", 400)]
    [InlineData("X-Timeout-Ms", "99999999999", 400)]
    [InlineData("X-Timeout-Ms", "60000", 200)]
    public async Task Reads_priority_and_deadline_from_headers(string name, string value, int status)
    {
        var answer = await Server.PostAsync("/embed", """{"inputs":"a"}""", (name, value));
        Assert.Equal(status, answer.Status);
        if (status == 400)
            Assert.Contains(name, answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_the_limits_of_items_and_bytes()
    {
        var options = new ApiOptions { MaxClientBatchSize = 3, MaxBodyBytes = 2000, AutoTruncate = false };
        await using var small = await ApiServer.StartAsync(fixture.Backend, options);
        await using var legacy = await ApiServer.StartAsync(fixture.Backend, options with { TeiLegacyStatus = true });
        const string Four = """{"inputs":["a","b","c","d"]}""";
        var answer = await small.PostAsync("/embed", Four);
        TeiTests.AssertError(answer, 422, "Validation");
        Assert.Contains("batch size 4 > maximum allowed batch size 3", answer.Body, StringComparison.Ordinal);
        TeiTests.AssertError(await legacy.PostAsync("/embed", Four), 413, "Validation");
        TeiTests.AssertError(await small.PostAsync("/similarity", """{"inputs":{"source_sentence":"s","sentences":["a","b","c"]}}"""), 422, "Validation");
        Assert.Equal(200, (await small.PostAsync("/similarity", """{"inputs":{"source_sentence":"s","sentences":["a","b"]}}""")).Status);
        TeiTests.AssertError(await small.PostAsync("/embed", JsonSerializer.Serialize(new { inputs = string.Join(' ', Enumerable.Repeat("word", 100)) })), 422, "Validation");

        foreach (var chunked in (bool[])[false, true])
        {
            using var content = new StringContent(JsonSerializer.Serialize(new { inputs = new string('a', 3000) }), Encoding.UTF8, "application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, "/embed") { Content = content };
            request.Headers.TransferEncodingChunked = chunked;
            var large = await small.SendAsync(request);
            Assert.Equal(413, large.Status);
            Assert.Equal("text/plain", large.ContentType!.MediaType);
            Assert.Contains("2000", large.Body, StringComparison.Ordinal);
        }
    }
}

[Collection(LocalFixture.Collection)]
public sealed class LocalTeiErrorTests(LocalFixture fixture) : TeiErrorTests(fixture);
