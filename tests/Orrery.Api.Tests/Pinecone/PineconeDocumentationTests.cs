using System.Text.Json;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Pinecone;

[Collection(LocalFixture.Collection)]
public sealed class PineconeDocumentationTests(LocalFixture fixture)
{
    private static readonly (string Verb, string Path)[] _data =
    [
        ("post", "/vectors/upsert"), ("post", "/query"), ("get", "/vectors/fetch"), ("post", "/vectors/fetch_by_metadata"), ("post", "/vectors/update"), ("post", "/vectors/delete"), ("get", "/vectors/list"),
        ("get", "/describe_index_stats"), ("post", "/describe_index_stats"), ("get", "/namespaces"), ("post", "/namespaces"), ("get", "/namespaces/{namespace}"), ("delete", "/namespaces/{namespace}"),
    ];

    [Fact]
    public async Task Describes_every_route_with_its_bodies()
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, new RecordingStore());
        var paths = (await server.GetAsync("/openapi/v1.json")).Json.GetProperty("paths");
        foreach (var (verb, path) in _data)
        {
            AssertDescribed(paths.GetProperty(path).GetProperty(verb), verb, "400");
            AssertDescribed(paths.GetProperty("/indexes/{index}" + path).GetProperty(verb), verb, "503");
        }

        AssertDescribed(paths.GetProperty("/indexes").GetProperty("get"), "get", "401");
        AssertDescribed(paths.GetProperty("/indexes").GetProperty("post"), "post", "409");
        AssertDescribed(paths.GetProperty("/indexes/{index}").GetProperty("patch"), "patch", "404");
        Assert.True(paths.GetProperty("/indexes").GetProperty("post").GetProperty("responses").TryGetProperty("201", out _));
        Assert.True(paths.GetProperty("/indexes/{index}").GetProperty("delete").GetProperty("responses").TryGetProperty("202", out _));
    }

    private static void AssertDescribed(JsonElement operation, string verb, string refusal)
    {
        Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
        Assert.Equal("pinecone", operation.GetProperty("tags")[0].GetString());
        if (verb is "post" or "patch")
            Assert.True(operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").TryGetProperty("schema", out _));
        Assert.True(operation.GetProperty("responses").GetProperty(refusal).GetProperty("content").GetProperty("application/json").TryGetProperty("schema", out _));
    }
}
