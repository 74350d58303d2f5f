using System.Net;
using System.Text;
using Orrery.Api.Admin;
using Orrery.Api.Tests.Pinecone;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Admin;

/// <summary>A web page must not command a developer's server: not by a form, not by a script, not under a name that was pointed here.</summary>
[Collection(LocalFixture.Collection)]
public sealed class ChangeTests(LocalFixture fixture)
{
    private const string Secret = "correct-horse-battery";
    private static readonly IPAddress _stranger = IPAddress.Parse("192.0.2.7");

    /// <summary>Every route that changes something, and a body that would.</summary>
    public static TheoryData<string, string, string> Changes { get; } = new()
    {
        { "POST", "/v2/repository/models/tiny-mean/load", "{}" },
        { "POST", "/v2/repository/models/nobody/unload", "{}" },
        { "POST", "/indexes", """{"name":"made","dimension":2}""" },
        { "PATCH", "/indexes/default", "{}" },
        { "DELETE", "/indexes/gone", "" },
        { "POST", "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2]}]}""" },
        { "POST", "/indexes/default/vectors/update", """{"id":"a","values":[1,2]}""" },
        { "POST", "/indexes/default/vectors/delete", """{"ids":["a"]}""" },
        { "POST", "/namespaces", """{"name":"made"}""" },
        { "DELETE", "/namespaces/gone", "" },
        { "POST", "/v1/embeddings", """{"input":"a","upsert":{"ids":["a"],"namespace":"page"}}""" },
        { "POST", "/v1/score", """{"input":"a","detectors":["topics"],"upsert":{"ids":["a"],"namespace":"page"}}""" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Refuses_a_host_that_is_not_this_server_s(string method, string path, string body)
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, vectors: new RecordingStore());
        var answer = await AskAsync(server, method, path, body, ("Host", $"rebound.example:{server.Address.Port}"));
        Assert.True(answer.Status == 403, $"{answer.Status}: {answer.Body}");
        Assert.Contains("Server:AllowedHosts", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Refuses_pages_of_other_origins(string method, string path, string body)
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, vectors: new RecordingStore());
        foreach (var (name, value) in ((string, string)[])
                 [
                     ("Origin", "http://evil.example"), ("Origin", "null"), ("Origin", $"http://127.0.0.1:{server.Address.Port + 1}"), ("Origin", $"https://127.0.0.1:{server.Address.Port + 1}"),
                     ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"),
                 ])
        {
            var answer = await AskAsync(server, method, path, body, (name, value));
            Assert.True(answer.Status == 403, $"{name}: {value}: {answer.Status}: {answer.Body}");
            Assert.Contains("Origin", answer.Body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Refuses_bodies_that_a_form_can_send(string method, string path, string body)
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, vectors: new RecordingStore());
        foreach (var type in (string[])["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "Text/Plain; charset=utf-8"])
        {
            var answer = await AskAsync(server, method, path, body, ("Content-Type", type));
            Assert.True(answer.Status == 415, $"{type}: {answer.Status}: {answer.Body}");
        }
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST")]
    [InlineData("localhost.")]
    [InlineData("orrery.localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8:99")]
    [InlineData("[::1]:8080")]
    public async Task Takes_the_loopback_s_names(string host)
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend);
        Assert.Equal(200, (await AskAsync(server, "POST", "/v2/repository/models/tiny-mean/load", "{}", ("Host", host))).Status);
    }

    [Fact]
    public async Task Takes_the_machine_s_name_and_its_own_page()
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend);
        Assert.Equal(200, (await AskAsync(server, "POST", "/v2/repository/models/tiny-mean/load", "{}", ("Host", Environment.MachineName))).Status);
        Assert.Equal(200, (await AskAsync(
            server, "POST", "/v2/repository/models/tiny-mean/load", "{}", ("Origin", server.Address.GetLeftPart(UriPartial.Authority)), ("Sec-Fetch-Site", "same-origin"))).Status);
    }

    [Theory]
    [InlineData("models.example", "models.example", 200)]
    [InlineData("models.example", "MODELS.example:8080", 200)]
    [InlineData("*.example", "a.example", 200)]
    [InlineData("*.example", "example", 403)]
    [InlineData("models.example", "127.0.0.1", 403)]
    [InlineData("::1", "[::1]", 200)]
    [InlineData("*", "anything.example", 200)]
    public async Task Takes_the_hosts_that_are_set_and_no_others(string allowed, string host, int status)
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, admin: new AdminOptions { AllowedHosts = [allowed] });
        Assert.Equal(status, (await AskAsync(server, "POST", "/v2/repository/models/tiny-mean/load", "{}", ("Host", host))).Status);
    }

    [Theory]
    [InlineData("http://a.example")]
    [InlineData("a.example:8080")]
    [InlineData("a/b")]
    [InlineData("a.*.example")]
    public async Task Does_not_start_with_a_host_that_is_none(string host)
    {
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => ApiServer.StartAsync(fixture.Backend, admin: new AdminOptions { AllowedHosts = [host] }));
        Assert.Contains("Server:AllowedHosts", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_right_token_or_key_lifts_the_check_of_the_host_and_of_nothing_else()
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, new ApiOptions { PineconeKey = Secret + "-key" }, new AdminOptions { Token = Secret }, vectors: new RecordingStore());
        (string, string) elsewhere = ("Host", "through.example"), token = ("Authorization", "Bearer " + Secret), key = ("Api-Key", Secret + "-key"), page = ("Origin", "http://evil.example");
        Assert.Equal(200, (await AskAsync(server, "POST", "/v2/repository/models/tiny-mean/load", "{}", elsewhere, token)).Status);
        Assert.Equal(202, (await AskAsync(server, "DELETE", "/indexes/default", "", elsewhere, key)).Status);
        Assert.NotEqual(403, (await AskAsync(server, "POST", "/v1/embeddings", """{"input":"a","upsert":{"ids":["a"],"namespace":"page"}}""", elsewhere, key)).Status);
        Assert.Equal(403, (await AskAsync(server, "POST", "/v2/repository/models/tiny-mean/load", "{}", elsewhere, ("Authorization", "Bearer wrong"))).Status);
        Assert.Equal(403, (await AskAsync(server, "POST", "/v2/repository/models/tiny-mean/load", "{}", page, token)).Status);
        Assert.Equal(403, (await AskAsync(server, "DELETE", "/indexes/default", "", page, key)).Status);
    }

    [Theory]
    [InlineData("PATCH", "/indexes/default", "{}")]
    [InlineData("DELETE", "/indexes/default", "")]
    [InlineData("DELETE", "/indexes/default/namespaces/a", "")]
    [InlineData("DELETE", "/namespaces/a", "")]
    [InlineData("POST", "/vectors/delete", """{"namespace":"a","deleteAll":true}""")]
    public async Task Without_a_key_indexes_and_namespaces_are_removed_and_configured_from_this_machine_alone(string method, string path, string body)
    {
        await using var near = await ApiServer.StartAsync(fixture.Backend, vectors: new RecordingStore());
        Assert.True((await AskAsync(near, method, path, body)).Status < 300);
        foreach (var name in (string[])["X-Forwarded-Proto", "X-Forwarded-Anything", "CF-Connecting-IP", "Forwarded", "Via", "X-Real-IP"])
            Assert.Contains("Api:PineconeKey", (await AskAsync(near, method, path, body, (name, "1"))).Body, StringComparison.Ordinal);
        await using var far = await ApiServer.StartAsync(fixture.Backend, peer: _stranger, vectors: new RecordingStore());
        Assert.Equal(403, (await AskAsync(far, method, path, body)).Status);
        // A proxy on this machine may hold its tongue: where others reach the server, nobody is surely a neighbour.
        await using var open = await ApiServer.StartAsync(fixture.Backend, admin: new AdminOptions { Host = "0.0.0.0" }, vectors: new RecordingStore());
        Assert.Equal(403, (await AskAsync(open, method, path, body)).Status);
        await using var kept = await ApiServer.StartAsync(fixture.Backend, new ApiOptions { PineconeKey = Secret }, new AdminOptions { Host = "0.0.0.0" }, _stranger, new RecordingStore());
        Assert.True((await AskAsync(kept, method, path, body, ("Api-Key", Secret))).Status < 300);
    }

    [Fact]
    public async Task Records_and_new_indexes_need_no_key_that_nobody_set()
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, admin: new AdminOptions { Host = "0.0.0.0" }, peer: _stranger, vectors: new RecordingStore());
        Assert.Equal(200, (await AskAsync(server, "POST", "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2]}]}""", ("X-Forwarded-For", "192.0.2.1"))).Status);
        Assert.Equal(200, (await AskAsync(server, "POST", "/vectors/delete", """{"ids":["a"]}""")).Status);
        Assert.Equal(201, (await AskAsync(server, "POST", "/indexes", """{"name":"made","dimension":2}""")).Status);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.0.2.1")]
    [InlineData("models.example")]
    public async Task Models_are_not_loaded_without_a_token_where_others_reach_the_server(string host)
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, admin: new AdminOptions { Host = host });
        var answer = await AskAsync(server, "POST", "/v2/repository/models/tiny-mean/load", "{}");
        Assert.Equal(403, answer.Status);
        Assert.Contains("Admin:Token", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_changes_nothing_is_for_every_host_and_page()
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, vectors: new RecordingStore());
        Assert.Equal(200, (await AskAsync(server, "POST", "/v1/embeddings", """{"input":"a"}""", ("Host", "models.example"), ("Origin", "http://page.example"))).Status);
        Assert.Equal(200, (await AskAsync(server, "GET", "/indexes", "", ("Host", "models.example"))).Status);
    }

    private static async Task<Answer> AskAsync(ApiServer server, string method, string path, string body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        var type = Array.Find(headers, header => header.Name == "Content-Type").Value ?? (body.Length > 0 ? "application/json" : null);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (type is not null)
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        foreach (var (name, value) in headers)
        {
            if (name != "Content-Type")
                request.Headers.TryAddWithoutValidation(name, value);
        }

        return await server.SendAsync(request);
    }
}
