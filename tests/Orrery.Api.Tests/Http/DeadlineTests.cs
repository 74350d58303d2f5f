using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Http;

/// <summary>A backend that never answers by itself, and callers that bring a deadline.</summary>
[Collection(LocalFixture.Collection)]
public sealed class DeadlineTests(LocalFixture fixture) : IAsyncLifetime
{
    private ApiServer _server = null!;

    public async Task InitializeAsync() => _server = await ApiServer.StartAsync(new RefusingBackend(fixture.Backend, async cancellation =>
    {
        await Task.Delay(Timeout.Infinite, cancellation);
        throw new InvalidOperationException("nobody ends this");
    }), vectors: SilentStore.Make());

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("/embed", """{"inputs":"a"}""")]
    [InlineData("/embed_all", """{"inputs":"a"}""")]
    [InlineData("/predict", """{"inputs":"a"}""")]
    [InlineData("/rerank", """{"query":"a","texts":["b"]}""")]
    [InlineData("/similarity", """{"inputs":{"source_sentence":"a","sentences":["b"]}}""")]
    [InlineData("/tokenize", """{"inputs":"a"}""")]
    [InlineData("/v1/embeddings", """{"model":"tiny-mean","input":"a"}""")]
    [InlineData("/v1/score", """{"input":"a"}""")]
    [InlineData("/v1/compare", """{"pairs":[["a","b"]]}""")]
    [InlineData("/v2/models/tiny-mean/infer", """{"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":["a"]}]}""")]
    [InlineData("/v2/models/tiny-mean/infer", """{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1,1],"data":[1]},{"name":"attention_mask","datatype":"INT64","shape":[1,1],"data":[1]},{"name":"token_type_ids","datatype":"INT64","shape":[1,1],"data":[0]}]}""")]
    [InlineData("/v2/repository/models/tiny-mean/load", "{}")]
    [InlineData("/v2/repository/models/owner/name/unload", "{}")]
    [InlineData("/query", """{"vector":[1],"topK":1}""")]
    [InlineData("/vectors/upsert", """{"vectors":[{"id":"a","values":[1]}]}""")]
    public async Task A_deadline_is_a_deadline_on_every_route(string path, string body)
    {
        var answer = await _server.PostAsync(path, body, ("X-Timeout-Ms", "50"));
        Assert.True(answer.Status == 504, $"{answer.Status} {answer.Body}");
    }

    [Theory]
    [InlineData("GET", "/indexes")]
    [InlineData("GET", "/indexes/default")]
    [InlineData("DELETE", "/indexes/default")]
    [InlineData("GET", "/vectors/fetch?ids=a")]
    [InlineData("GET", "/vectors/list")]
    [InlineData("GET", "/describe_index_stats")]
    [InlineData("GET", "/namespaces")]
    [InlineData("GET", "/namespaces/n")]
    [InlineData("DELETE", "/namespaces/n")]
    public async Task A_deadline_is_a_deadline_on_routes_without_a_body(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Headers = { { "X-Timeout-Ms", "50" } } };
        var answer = await _server.SendAsync(request);
        Assert.True(answer.Status == 504, $"{answer.Status} {answer.Body}");
        using var wrong = new HttpRequestMessage(new HttpMethod(method), path) { Headers = { { "X-Timeout-Ms", "soon" } } };
        Assert.Equal(400, (await _server.SendAsync(wrong)).Status);
    }
}
