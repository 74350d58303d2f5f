using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Pinecone;

/// <summary>What only a store can find wrong, in Pinecone's shape, and that nothing of a refused request is kept.</summary>
public abstract class StoreRefusalTests(BackendFixture fixture)
{
    private static readonly string _large = new('x', 40 * 1024);

    public static TheoryData<string, string, string[]> Bad => new()
    {
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2]}]}""", ["Vector dimension 2 does not match the dimension of the index 3"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2,3]},{"id":"b","values":[1,2,3]},{"id":"a","values":[3,2,1]}]}""", ["vectors[2]", "'a'", "twice"] },
        { "/vectors/upsert", """{"vectors":[{"id":"","values":[1,2,3]}]}""", ["vectors[0]", "id", "512"] },
        { "/vectors/upsert", $$"""{"vectors":[{"id":"{{new string('i', 513)}}","values":[1,2,3]}]}""", ["vectors[0]", "id", "513"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a\u0000","values":[1,2,3]}]}""", ["vectors[0]", "id", "NUL"] },
        { "/vectors/upsert", $$$"""{"vectors":[{"id":"a","values":[1,2,3],"metadata":{"m":"{{{_large}}}"}}]}""", ["vectors[0] ('a')", "metadata", "40960"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2,3],"metadata":{"m":null}}]}""", ["vectors[0] ('a')", "metadata", "'m'"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2,3],"metadata":{"m":{"n":1}}}]}""", ["vectors[0] ('a')", "metadata", "'m'"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2,3],"metadata":{"m":[1]}}]}""", ["vectors[0] ('a')", "metadata", "'m'"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2,3],"metadata":{"$m":1}}]}""", ["vectors[0] ('a')", "metadata", "'$m'"] },
        { "/query", """{"vector":[1,2],"topK":1}""", ["Vector dimension 2 does not match the dimension of the index 3"] },
        { "/vectors/update", """{"id":"kept","values":[1]}""", ["Vector dimension 1 does not match the dimension of the index 3"] },
        { "/vectors/update", """{"id":"kept","setMetadata":{"m":null}}""", ["setMetadata", "'m'"] },
        { "/vectors/update", $$$"""{"id":"kept","setMetadata":{"m":"{{{_large}}}"}}""", ["setMetadata", "40960"] },
        { "/vectors/update", $$$"""{"id":"kept","setMetadata":{"m":"{{{_large[..^10]}}}"}}""", ["metadata", "40960"] },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Refuses_and_keeps_nothing_of_it(string path, string body, string[] words)
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, fixture.Vectors!);
        await server.SendAsync("DELETE", "/indexes/i");
        Assert.Equal(201, (await server.SendAsync("POST", "/indexes", """{"name":"i","dimension":3}""")).Status);
        Assert.Equal(200, (await server.SendAsync("POST", "/indexes/i/vectors/upsert", """{"vectors":[{"id":"kept","values":[1,2,3],"metadata":{"k":1}}]}""")).Status);
        (await server.SendAsync("POST", "/indexes/i" + path, body)).AssertRefused(400, 3, words);
        Assert.Equal(
            """{"vectors":{"kept":{"id":"kept","values":[1,2,3],"metadata":{"k":1}}},"namespace":"","usage":{"readUnits":0}}""",
            (await server.SendAsync("GET", "/indexes/i/vectors/fetch?ids=kept&ids=a&ids=b")).Body);
        Assert.Equal(1, (await server.SendAsync("GET", "/indexes/i/describe_index_stats")).Json.GetProperty("totalVectorCount").GetInt32());
    }

    [Fact]
    public async Task Says_which_index_or_namespace_is_missing_or_taken()
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, fixture.Vectors!);
        (await server.SendAsync("GET", "/indexes/nobody")).AssertRefused(404, "NOT_FOUND", "nobody");
        (await server.SendAsync("PATCH", "/indexes/nobody", "{}")).AssertRefused(404, "NOT_FOUND", "nobody");
        (await server.SendAsync("DELETE", "/indexes/nobody")).AssertRefused(404, "NOT_FOUND", "nobody");
        (await server.SendAsync("POST", "/indexes/nobody/query", """{"id":"a","topK":1}""")).AssertRefused(404, 5, "nobody");
        (await server.SendAsync("GET", "/namespaces/nowhere")).AssertRefused(404, 5, "nowhere");
        Assert.Equal(200, (await server.SendAsync("POST", "/namespaces", """{"name":"here"}""")).Status);
        (await server.SendAsync("POST", "/namespaces", """{"name":"here"}""")).AssertRefused(409, 6, "here");
        (await server.SendAsync("GET", "/vectors/list?paginationToken=%21")).AssertRefused(400, 3, "paginationToken");
    }

    [Fact]
    public async Task Means_the_default_index_by_naming_none_and_takes_any_dimension_a_namespace_begins_with()
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, fixture.Vectors!);
        Assert.Equal(200, (await server.SendAsync("POST", "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2]}]}""")).Status);
        Assert.Equal(200, (await server.SendAsync("POST", "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2,3]}],"namespace":"three"}""")).Status);
        (await server.SendAsync("POST", "/vectors/upsert", """{"vectors":[{"id":"b","values":[1,2]}],"namespace":"three"}""")).AssertRefused(400, 3, "dimension 2", "3");
        Assert.Equal(
            """{"matches":[{"id":"a","score":1}],"namespace":"","usage":{"readUnits":0}}""",
            (await server.SendAsync("POST", "/indexes/default/query", """{"vector":[1,2],"topK":5}""")).Body);
    }
}

[Collection(LocalFixture.Collection)]
public sealed class LocalStoreRefusalTests(LocalFixture fixture) : StoreRefusalTests(fixture);
