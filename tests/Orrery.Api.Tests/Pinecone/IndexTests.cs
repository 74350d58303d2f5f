using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Pinecone;

/// <summary>What clients of the API of 2026-07 ask of indexes.</summary>
[Collection(LocalFixture.Collection)]
public sealed class IndexTests(LocalFixture fixture)
{
    [Fact]
    public async Task An_index_without_a_dimension_is_not_listed_and_described_once_it_has_one()
    {
        await using var folder = await EmbeddedFolder.OpenAsync();
        await using var server = await PineconeServer.StartAsync(fixture.Backend, folder.Store);
        Assert.Equal("""{"indexes":[]}""", (await server.GetAsync("/indexes")).Body);
        (await server.GetAsync("/indexes/default")).AssertRefused(404, "NOT_FOUND", "default", "no dimension yet");
        Assert.Equal(200, (await server.PostAsync("/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2]}]}""")).Status);
        Assert.Equal(2, (await server.GetAsync("/indexes/default")).Json.GetProperty("dimension").GetInt32());
        Assert.Equal(2, (await server.GetAsync("/indexes")).Json.GetProperty("indexes")[0].GetProperty("schema").GetProperty("fields").GetProperty("_values").GetProperty("dimension").GetInt32());
    }

    [Fact]
    public async Task The_vectors_field_is_called_as_its_maker_calls_it()
    {
        await using var folder = await EmbeddedFolder.OpenAsync();
        await using var server = await PineconeServer.StartAsync(fixture.Backend, folder.Store);
        var made = await server.PostAsync("/indexes", """{"name":"named","schema":{"fields":{"embedding":{"type":"dense_vector","dimension":3,"metric":"euclidean"}}}}""");
        Assert.Equal(201, made.Status);
        const string Fields = """{"embedding":{"type":"dense_vector","dimension":3,"metric":"euclidean"}}""";
        Assert.Equal(Fields, made.Json.GetProperty("schema").GetProperty("fields").GetRawText());
        Assert.Equal(Fields, (await server.GetAsync("/indexes/named")).Json.GetProperty("schema").GetProperty("fields").GetRawText());
    }

    [Theory]
    [InlineData("""{"a":{"type":"dense_vector","dimension":3},"b":{"type":"dense_vector","dimension":3}}""", "'a'")]
    [InlineData("""{"a":{"type":"string","filterable":true}}""", "filterable")]
    [InlineData("""{"a":{"type":"semantic_text","model":"m"}}""", "model")]
    public async Task Refuses_schemas_of_more_than_one_vector(string fields, string reason) =>
        (await fixture.Server.PostAsync("/indexes", $$$"""{"name":"never","schema":{"fields":{{{fields}}}}}""")).AssertRefused(400, "INVALID_ARGUMENT", reason);

    [Theory]
    [InlineData("""{"nonsense":1}""", "nonsense")]
    [InlineData("""{"metric":"euclidean"}""", "metric")]
    [InlineData("""{"embed":{"model":"tiny-mean"}}""", "embed")]
    public async Task Changes_only_what_can_be_changed(string body, string reason) =>
        (await fixture.Server.SendAsync("PATCH", "/indexes/default", body)).AssertRefused(400, "INVALID_ARGUMENT", reason);

    [Theory]
    [InlineData("POST", "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,0]},{"id":"b","values":[0,-0.0]}]}""")]
    [InlineData("POST", "/query", """{"vector":[0,0],"topK":1}""")]
    [InlineData("POST", "/vectors/update", """{"id":"a","values":[0,0]}""")]
    public async Task A_vector_of_zeros_has_no_cosine(string method, string path, string body)
    {
        Assert.Equal(201, (await fixture.Server.PostAsync("/indexes", """{"name":"round","dimension":2,"metric":"cosine"}""")).Status);
        Assert.Equal(201, (await fixture.Server.PostAsync("/indexes", """{"name":"flat","dimension":2,"metric":"euclidean"}""")).Status);
        var (round, flat) = (await fixture.Server.SendAsync(method, "/indexes/round" + path, body), await fixture.Server.SendAsync(method, "/indexes/flat" + path, body));
        await fixture.Server.SendAsync("DELETE", "/indexes/round");
        await fixture.Server.SendAsync("DELETE", "/indexes/flat");
        round.AssertRefused(400, 3, "zeros");
        Assert.Equal(200, flat.Status);
    }

    [Theory]
    [InlineData("GET", "/collections", "collections")]
    [InlineData("POST", "/indexes/default/backups", "backups")]
    [InlineData("GET", "/restore-jobs/1", "backups")]
    public async Task Says_what_is_not_done_here(string method, string path, string reason) =>
        (await fixture.Server.SendAsync(method, path, method == "POST" ? "{}" : null)).AssertRefused(404, "NOT_FOUND", reason);

    [Theory]
    [InlineData("/bulk/imports", "imports")]
    [InlineData("/indexes/default/namespaces/n/documents/upsert", "documents")]
    public async Task Says_what_is_not_done_with_records(string path, string reason) => (await fixture.Server.PostAsync(path, "{}")).AssertRefused(404, 5, reason);
}
