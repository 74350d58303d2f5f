using System.Text.Json;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.OpenApi;

[Collection(LocalFixture.Collection)]
public sealed class DocumentationTests(LocalFixture fixture)
{
    [Fact]
    public async Task Describes_every_route_with_its_bodies()
    {
        var document = (await fixture.Server.GetAsync("/openapi/v1.json")).Json;
        var paths = document.GetProperty("paths");
        foreach (var path in (string[])["/embed", "/embed_all", "/similarity", "/predict", "/rerank", "/tokenize", "/decode", "/v1/embeddings", "/v1/score", "/v1/compare"])
        {
            var post = paths.GetProperty(path).GetProperty("post");
            Assert.NotEmpty(post.GetProperty("summary").GetString()!);
            AssertSchema(document, post.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema"));
            AssertSchema(document, post.GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema"));
            if (!path.StartsWith("/v1/score", StringComparison.Ordinal) && !path.StartsWith("/v1/compare", StringComparison.Ordinal))
                AssertSchema(document, post.GetProperty("responses").GetProperty("429").GetProperty("content").GetProperty("application/json").GetProperty("schema"));
        }

        foreach (var path in (string[])["/info", "/v1/detectors", "/v1/models", "/v1/models/{id}", "/health", "/health/live", "/health/ready", "/metrics"])
            Assert.True(paths.GetProperty(path).TryGetProperty("get", out _), path);
        var inputs = Resolve(document, document.GetProperty("components").GetProperty("schemas").GetProperty("EmbedBody")).GetProperty("properties").GetProperty("inputs");
        Assert.Equal("id", paths.GetProperty("/v1/models/{id}").GetProperty("get").GetProperty("parameters")[0].GetProperty("name").GetString());
        Assert.DoesNotContain("\"pattern\"", document.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(3, Resolve(document, inputs).GetProperty("oneOf").GetArrayLength());
    }

    [Fact]
    public async Task Names_every_operation_once_and_says_what_it_asks_for()
    {
        var document = (await fixture.Server.GetAsync("/openapi/v1.json")).Json;
        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Where(verb => verb.Name is "get" or "post" or "patch" or "delete")).ToArray();
        var ids = operations.Select(operation => operation.Value.GetProperty("operationId").GetString()!).ToArray();
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.Contains("postV1Embeddings", ids);
        Assert.Contains("getV2ModelsByModelReady", ids);
        var schemes = document.GetProperty("components").GetProperty("securitySchemes");
        Assert.Equal("bearer", schemes.GetProperty("adminToken").GetProperty("scheme").GetString());
        Assert.Equal("Api-Key", schemes.GetProperty("pineconeKey").GetProperty("name").GetString());
        Assert.Contains("adminToken", Security("/v2/repository/models/{model}/load", "post"), StringComparison.Ordinal);
        Assert.Contains("pineconeKey", Security("/indexes/{index}", "delete"), StringComparison.Ordinal);
        Assert.False(document.GetProperty("paths").GetProperty("/v1/embeddings").GetProperty("post").TryGetProperty("security", out _));
        Assert.All(document.GetProperty("servers").EnumerateArray(), server => Assert.DoesNotMatch("/$", server.GetProperty("url").GetString()));

        string Security(string path, string verb) => document.GetProperty("paths").GetProperty(path).GetProperty(verb).GetProperty("security").GetRawText();
    }

    /// <summary>OpenAPI forbids it, and generators of clients drop one of the two.</summary>
    [Fact]
    public async Task Names_the_parameters_of_a_path_by_one_name_whoever_serves_it()
    {
        var paths = (await fixture.Server.GetAsync("/openapi/v1.json")).Json.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToArray();
        Assert.Empty(paths.GroupBy(path => System.Text.RegularExpressions.Regex.Replace(path, "{[^}]*}", "{}")).Where(same => same.Count() > 1).SelectMany(same => same));
    }

    [Fact]
    public async Task Serves_a_page_that_needs_no_other_host()
    {
        var page = await fixture.Server.GetAsync("/docs/index.html");
        Assert.Equal(200, page.Status);
        Assert.DoesNotContain("src=\"http", page.Body, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(200, (await fixture.Server.GetAsync("/docs")).Status);
        Assert.Equal(200, (await fixture.Server.GetAsync("/docs/swagger-ui-bundle.js")).Status);
        Assert.Equal(404, (await fixture.Server.GetAsync("/docs/none.js")).Status);
    }

    private static void AssertSchema(JsonElement document, JsonElement schema)
    {
        var resolved = Resolve(document, schema);
        Assert.True(resolved.TryGetProperty("type", out _) || resolved.TryGetProperty("oneOf", out _), schema.GetRawText());
    }

    private static JsonElement Resolve(JsonElement document, JsonElement schema)
    {
        if (!schema.TryGetProperty("$ref", out var reference))
            return schema;
        foreach (var part in reference.GetString()!.Split('/')[1..])
            document = document.GetProperty(part);
        return document;
    }
}
