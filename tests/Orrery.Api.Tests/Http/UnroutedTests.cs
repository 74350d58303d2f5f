using System.Text;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Http;

/// <summary>What no route answers is answered in the shape of the protocol that has the paths around it.</summary>
[Collection(LocalFixture.Collection)]
public sealed class UnroutedTests(LocalFixture fixture)
{
    [Theory]
    [InlineData("POST", "/v1/chat/completions", 404, "unknown_url")]
    [InlineData("GET", "/v1", 404, "unknown_url")]
    [InlineData("GET", "/v1/embeddings", 405, "method_not_allowed")]
    public async Task OpenAI_s(string method, string path, int status, string code)
    {
        var answer = await AskAsync(method, path);
        Assert.Equal(status, answer.Status);
        var error = answer.Json.GetProperty("error");
        Assert.Equal(("invalid_request_error", code), (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        Assert.Contains(path, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/collections", 404)]
    [InlineData("POST", "/indexes/default/backups", 404)]
    [InlineData("PUT", "/indexes", 405)]
    public async Task Pinecone_s_control_plane_s(string method, string path, int status)
    {
        var answer = await AskAsync(method, path);
        Assert.Equal(status, answer.Status);
        Assert.Equal(status, answer.Json.GetProperty("status").GetInt32());
        Assert.NotEqual("", answer.Json.GetProperty("error").GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("POST", "/indexes/default/vectors/nonsense", 404)]
    [InlineData("POST", "/vectors/nonsense", 404)]
    [InlineData("GET", "/query", 405)]
    public async Task Pinecone_s_data_plane_s(string method, string path, int status)
    {
        var answer = await AskAsync(method, path);
        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 404 ? 5 : 12, answer.Json.GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData("GET", "/v2/nonsense", 404)]
    [InlineData("DELETE", "/v2/repository/index", 405)]
    public async Task The_Open_Inference_Protocol_s(string method, string path, int status)
    {
        var answer = await AskAsync(method, path);
        Assert.Equal(status, answer.Status);
        Assert.Contains(path, answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/embed", 405)]
    [InlineData("POST", "/info", 405)]
    [InlineData("POST", "/embed/nonsense", 404)]
    [InlineData("PUT", "/models/tiny-mean", 405)]
    [InlineData("GET", "/vertex", 405)]
    public async Task Text_Embeddings_Inference_s_and_the_hub_s(string method, string path, int status)
    {
        var answer = await AskAsync(method, path);
        Assert.Equal(status, answer.Status);
        Assert.Equal("Validation", answer.Json.GetProperty("error_type").GetString());
        Assert.Contains(path, answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/nonsense", 404)]
    [InlineData("GET", "/v1/score", 405)]
    [InlineData("GET", "/v1/search/nonsense", 404)]
    public async Task Our_own(string method, string path, int status)
    {
        var answer = await AskAsync(method, path);
        Assert.Equal("application/problem+json", answer.ContentType!.MediaType);
        Assert.Equal(status, answer.Json.GetProperty("status").GetInt32());
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/nonsense")]
    [InlineData("/v1/models/nobody")]
    public async Task Every_answer_says_which_request_it_is_of(string path)
    {
        var (first, second) = (await fixture.Server.GetAsync(path), await fixture.Server.GetAsync(path));
        Assert.NotEqual("", first.Headers.GetValues("x-request-id").Single());
        Assert.NotEqual(first.Headers.GetValues("x-request-id").Single(), second.Headers.GetValues("x-request-id").Single());
    }

    [Fact]
    public async Task A_caller_s_own_id_comes_back_where_a_header_can_hold_it()
    {
        Assert.Equal("req-7f.1", (await fixture.Server.PostAsync("/v1/embeddings", """{"input":"a"}""", ("X-Request-Id", "req-7f.1"))).Headers.GetValues("x-request-id").Single());
        foreach (var bad in (string[])["a b", new string('a', 129)])
            Assert.NotEqual(bad, (await fixture.Server.PostAsync("/v1/embeddings", """{"input":"a"}""", ("X-Request-Id", bad))).Headers.GetValues("x-request-id").Single());
    }

    private async Task<Answer> AskAsync(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method is "POST" or "PUT")
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        return await fixture.Server.SendAsync(request);
    }
}
