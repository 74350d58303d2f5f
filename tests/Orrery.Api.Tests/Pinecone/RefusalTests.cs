using Orrery.Api.Tests.Support;
using Orrery.Engine;

namespace Orrery.Api.Tests.Pinecone;

/// <summary>Requests that never reach a store, and what a store refuses, in Pinecone's shapes. Each message names the field.</summary>
[Collection(LocalFixture.Collection)]
public sealed class RefusalTests(LocalFixture fixture)
{
    private static readonly string _thousand = string.Join(',', Enumerable.Range(0, 1001).Select(i => $"\"{i}\""));

    public static TheoryData<string, string, string[]> BadBodies => new()
    {
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2]},{"id":"b","values":[1,2,3]}]}""", ["vectors[1] ('b')", "dimension 3", "dimension 2"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,NaN]}]}""", ["vectors[0] ('a')", "NaN"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,-Infinity]}]}""", ["vectors[0] ('a')", "Infinity"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,1e39]}]}""", ["vectors[0] ('a')", "values[1]"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,"2"]}]}""", ["vectors[0] ('a')", "values[1]", "a string"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,null]}]}""", ["vectors[0] ('a')", "values[1]", "null"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[[1]]}]}""", ["vectors[0] ('a')", "values[0]", "an array"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":"x"}]}""", ["vectors[0] ('a')", "values", "a string"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[]}]}""", ["vectors[0] ('a')", "values"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a"}]}""", ["vectors[0] ('a')", "values"] },
        { "/vectors/upsert", """{"vectors":[{"values":[1]}]}""", ["vectors[0]", "id is missing"] },
        { "/vectors/upsert", """{"vectors":[{"id":7,"values":[1]}]}""", ["vectors[0]", "id must be a string"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1],"metadata":"m"}]}""", ["vectors[0] ('a')", "metadata must be an object"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1],"sparseValues":{"indices":[1],"values":[1]}}]}""", ["vectors[0] ('a')", "sparseValues", "not supported"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","sparse_values":{}}]}""", ["sparseValues"] },
        { "/vectors/upsert", """{"vectors":[7]}""", ["vectors[0] must be an object"] },
        { "/vectors/upsert", """{"vectors":{}}""", ["vectors must be an array"] },
        { "/vectors/upsert", """{"vectors":[]}""", ["vectors is missing or empty"] },
        { "/vectors/upsert", """{}""", ["vectors is missing or empty"] },
        { "/vectors/upsert", """[]""", ["the body must be a JSON object"] },
        { "/vectors/upsert", "", ["not valid JSON"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1""", ["vectors[0] ('a')", "not valid JSON"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,2,]}]}""", ["vectors[0] ('a')", "not valid JSON at line 1, byte 36"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1,02]}]}""", ["vectors[0] ('a')", "not valid JSON at line 1"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1 2]}]}""", ["vectors[0] ('a')", "not valid JSON at line 1"] },
        { "/vectors/upsert", "{\"vectors\":[{\"id\":\"a\",\n\"values\":[1,\n2]},\n{\"id\":\"b\" 7}]}", ["not valid JSON at line 4, byte 10"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1]}],"namespace":1}""", ["namespace must be a string"] },
        { "/vectors/upsert", """{"vectors":[{"id":"a","values":[1]}]}x""", ["not valid JSON"] },
        { "/query", """{"vector":[1]}""", ["topK is missing"] },
        { "/query", """{"vector":[1],"topK":0}""", ["topK must be 1 to 10000, not 0"] },
        { "/query", """{"vector":[1],"topK":10001}""", ["topK must be 1 to 10000, not 10001"] },
        { "/query", """{"vector":[1],"topK":1.5}""", ["topK must be an integer"] },
        { "/query", """{"topK":1}""", ["vector", "id"] },
        { "/query", """{"vector":[1],"id":"a","topK":1}""", ["vector", "id"] },
        { "/query", """{"vector":[NaN],"topK":1}""", ["NaN"] },
        { "/query", """{"vector":["a"],"topK":1}""", ["vector[0] must be a number"] },
        { "/query", """{"vector":[1],"topK":1,"sparseVector":{"indices":[],"values":[]}}""", ["sparseVector", "not supported"] },
        { "/query", """{"vector":[1],"topK":1,"includeValues":"yes"}""", ["includeValues must be true or false"] },
        { "/query", """{"vector":[1],"topK":1,"filter":[]}""", ["filter must be an object"] },
        { "/query", """{"vector":[1],"topK":1,"filter":{"a":{"$near":1}}}""", ["filter", "$near", "'a'"] },
        { "/query", """{"vector":[1],"topK":1,"filter":{"$eq":1}}""", ["filter", "$eq"] },
        { "/query", """{"vector":[1],"topK":1,"filter":{"a":{"$gt":"x"}}}""", ["filter", "$gt", "'a'"] },
        { "/query", """{"vector":[1],"topK":1,"filter":{"a":null}}""", ["filter", "'a'", "null"] },
        { "/query", $$"""{"vector":[1],"topK":1,"filter":{{string.Concat(Enumerable.Repeat("{\"$and\":[", 17))}}{"a":1}{{string.Concat(Enumerable.Repeat("]}", 17))}}}""", ["filter", "depth"] },
        { "/query", $$"""{"vector":[1],"topK":1,"x":{{new string('[', 200)}}""", ["not valid JSON"] },
        { "/vectors/fetch_by_metadata", """{}""", ["filter is missing"] },
        { "/vectors/fetch_by_metadata", """{"filter":{"a":1},"limit":0}""", ["limit must be 1 to 1000, not 0"] },
        { "/vectors/fetch_by_metadata", """{"filter":{"a":1},"limit":1001}""", ["limit must be 1 to 1000, not 1001"] },
        { "/vectors/update", """{"setMetadata":{"a":1}}""", ["id", "filter"] },
        { "/vectors/update", """{"id":"a","filter":{"a":1},"setMetadata":{"a":1}}""", ["id", "filter"] },
        { "/vectors/update", """{"id":"a"}""", ["values or setMetadata"] },
        { "/vectors/update", """{"filter":{"a":1},"values":[1]}""", ["values"] },
        { "/vectors/update", """{"filter":{"a":1}}""", ["setMetadata is missing"] },
        { "/vectors/update", """{"id":"a","values":[1],"dryRun":true}""", ["dryRun needs a filter"] },
        { "/vectors/update", """{"id":"a","sparseValues":{"indices":[1],"values":[1]}}""", ["sparseValues"] },
        { "/vectors/update", """{"id":"a","setMetadata":[]}""", ["setMetadata must be an object"] },
        { "/vectors/delete", """{}""", ["exactly one of ids, deleteAll and filter"] },
        { "/vectors/delete", """{"ids":["a"],"deleteAll":true}""", ["exactly one of ids, deleteAll and filter"] },
        { "/vectors/delete", """{"filter":{}}""", ["filter is empty"] },
        { "/vectors/delete", """{"ids":["a",1]}""", ["ids[1] must be a string"] },
        { "/vectors/delete", """{"ids":"a"}""", ["ids must be an array of strings"] },
        { "/describe_index_stats", """{"filter":{"a":{"$or":1}}}""", ["filter", "$or"] },
        { "/namespaces", """{}""", ["name is missing"] },
        { "/namespaces", """{"name":""}""", ["name is missing"] },
        { "/namespaces", """{"name":1}""", ["name must be a string"] },
    };

    public static TheoryData<string, string[]> BadIndexes => new()
    {
        { """{"dimension":3}""", ["name is missing"] },
        { """{"name":"Big","dimension":3}""", ["name", "'Big'"] },
        { """{"name":"../x","dimension":3}""", ["name", "'../x'"] },
        { """{"name":"i"}""", ["dimension is missing"] },
        { """{"name":"i","dimension":0}""", ["dimension must be 1 to 20000, not 0"] },
        { """{"name":"i","dimension":20001}""", ["dimension must be 1 to 20000, not 20001"] },
        { """{"name":"i","dimension":"3"}""", ["dimension must be an integer"] },
        { """{"name":"i","dimension":3,"metric":"hamming"}""", ["metric", "hamming"] },
        { """{"name":"i","vector_type":"sparse","metric":"dotproduct"}""", ["vector_type", "sparse"] },
        { """{"name":"i","dimension":3,"element_type":"float16"}""", ["element_type", "float16"] },
        { """{"name":"i","dimension":3,"deletion_protection":true}""", ["deletion_protection must be a string"] },
        { """{"name":"i","dimension":3,"deletion_protection":"on"}""", ["deletion_protection", "'on'"] },
        { """{"name":"i","dimension":3,"tags":{"":"x"}}""", ["tags"] },
        { """{"name":"i","dimension":3,"tags":{"a":1}}""", ["tags must be a string"] },
        { """{"name":"i","dimension":3,"spec":"serverless"}""", ["spec must be an object"] },
        { """{"name":"i","dimension":3,"embed":{"model":"m"}}""", ["embed"] },
        { """{"name":"i","dimension":3,"read_capacity":{"mode":"Dedicated"}}""", ["read_capacity.mode must be OnDemand, not 'Dedicated'"] },
        { $$$"""{"name":"i","dimension":3,"spec":{"x":"{{{new string('x', 5000)}}}"}}""", ["spec must be at most 4096 bytes"] },
        { "{\"name\":\"i\",\"dimension\":3,\"tags\":{" + string.Join(',', Enumerable.Range(0, 21).Select(i => $"\"{i}\":\"x\"")) + "}}", ["tags must be at most 20"] },
        { """{"name":"i","schema":{"fields":{"_sparse_values":{"type":"sparse_vector"}}}}""", ["schema", "'_sparse_values'", "sparse_vector"] },
        { """{"name":"i","schema":{"fields":{"body":{"type":"dense_vector","dimension":3},"more":{"type":"dense_vector"}}}}""", ["schema", "'body'", "'more'"] },
        { """{"name":"i","schema":{"fields":[]}}""", ["schema.fields must be an object"] },
        { """{"name":"i","dimension":3,"deployment":{"deployment_type":"moon"}}""", ["deployment_type"] },
        { """{"name":"i","dimension":3,"deployment":{}}""", ["deployment_type"] },
        { "{", ["not valid JSON"] },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task Refuses_a_bad_body_and_names_what_is_wrong(string path, string body, string[] words)
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, new RecordingStore());
        (await server.SendAsync("POST", path, body)).AssertRefused(400, 3, words);
        (await server.SendAsync("POST", "/indexes/default" + path, body)).AssertRefused(400, 3, words);
    }

    [Theory]
    [MemberData(nameof(BadIndexes))]
    public async Task Refuses_a_bad_index_and_names_what_is_wrong(string body, string[] words)
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, new RecordingStore());
        (await server.SendAsync("POST", "/indexes", body)).AssertRefused(400, "INVALID_ARGUMENT", words);
    }

    [Theory]
    [InlineData("""{"deletion_protection":"off"}""", "deletion_protection")]
    [InlineData("""{"schema":{"fields":{"_values":{"type":"dense_vector","dimension":4}}}}""", "schema cannot be changed")]
    [InlineData("""{"embed":{"model":"m"}}""", "embed")]
    [InlineData("""{"spec":{"pod":{"replicas":2}}}""", "spec cannot be changed")]
    [InlineData("""{"deployment":{"deployment_type":"pod","replicas":2}}""", "deployment cannot be changed")]
    [InlineData("""{"read_capacity":{"mode":"OnDemand"}}""", "read_capacity cannot be changed")]
    [InlineData("""{"read_capacity":{"mode":"Dedicated","dedicated":{"node_type":"b1"}}}""", "read_capacity.dedicated")]
    public async Task Refuses_a_bad_change_of_an_index(string body, string words)
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, new RecordingStore());
        (await server.SendAsync("PATCH", "/indexes/default", body)).AssertRefused(400, "INVALID_ARGUMENT", words);
    }

    [Fact]
    public async Task Refuses_more_than_a_thousand_at_once()
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, new RecordingStore());
        var vectors = string.Join(',', Enumerable.Range(0, 1001).Select(i => $$"""{"id":"{{i}}","values":[1]}"""));
        (await server.SendAsync("POST", "/vectors/upsert", $$"""{"vectors":[{{vectors}}]}""")).AssertRefused(400, 3, "vectors", "1000");
        (await server.SendAsync("POST", "/vectors/delete", $$"""{"ids":[{{_thousand}}]}""")).AssertRefused(400, 3, "ids", "1000", "1001");
        var ids = string.Join('&', Enumerable.Range(0, 1001).Select(i => $"ids={i}"));
        (await server.SendAsync("GET", $"/vectors/fetch?{ids}")).AssertRefused(400, 3, "ids", "1000", "1001");
    }

    [Theory]
    [InlineData("/vectors/fetch", "ids is missing")]
    [InlineData("/vectors/list?limit=0", "limit must be 1 to 100, not 0")]
    [InlineData("/vectors/list?limit=101", "limit must be 1 to 100, not 101")]
    [InlineData("/vectors/list?limit=x", "limit must be an integer")]
    [InlineData("/vectors/list?limit=99999999999", "limit must be an integer")]
    [InlineData("/namespaces?limit=-1", "limit must be an integer")]
    public async Task Refuses_a_bad_address(string path, string words)
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, new RecordingStore());
        (await server.SendAsync("GET", path)).AssertRefused(400, 3, words);
    }

    [Theory]
    [InlineData(InferenceErrorKind.Invalid, 400, 3, "INVALID_ARGUMENT")]
    [InlineData(InferenceErrorKind.NotFound, 404, 5, "NOT_FOUND")]
    [InlineData(InferenceErrorKind.Conflict, 409, 6, "ALREADY_EXISTS")]
    [InlineData(InferenceErrorKind.Overloaded, 429, 8, "RESOURCE_EXHAUSTED")]
    [InlineData(InferenceErrorKind.Failed, 500, 13, "INTERNAL")]
    [InlineData(InferenceErrorKind.Unavailable, 503, 14, "UNAVAILABLE")]
    [InlineData(InferenceErrorKind.DeadlineExceeded, 504, 4, "DEADLINE_EXCEEDED")]
    public async Task Tells_a_store_s_refusal_in_either_plane_s_shape(InferenceErrorKind kind, int status, int code, string name)
    {
        var store = new RecordingStore(new InferenceError(kind, "the disk is full", RetryAfter: TimeSpan.FromSeconds(3)));
        await using var server = await PineconeServer.StartAsync(fixture.Backend, store);
        (string Method, string Path, string? Body)[] data =
        [
            ("POST", "/vectors/upsert", """{"vectors":[{"id":"a","values":[1]}]}"""), ("POST", "/query", """{"topK":1,"id":"a"}"""), ("GET", "/vectors/fetch?ids=a", null),
            ("POST", "/vectors/fetch_by_metadata", """{"filter":{"a":1}}"""), ("POST", "/vectors/update", """{"id":"a","values":[1]}"""), ("POST", "/vectors/delete", """{"deleteAll":true}"""),
            ("GET", "/vectors/list", null), ("POST", "/describe_index_stats", "{}"), ("GET", "/describe_index_stats", null), ("GET", "/namespaces", null), ("POST", "/namespaces", """{"name":"n"}"""),
            ("GET", "/namespaces/n", null), ("DELETE", "/namespaces/n", null),
        ];
        foreach (var (method, path, body) in data)
        {
            var answer = await server.SendAsync(method, path, body);
            answer.AssertRefused(status, code, "the disk is full");
            if (status is 429 or 503)
                Assert.Equal(TimeSpan.FromSeconds(3), answer.Headers.RetryAfter!.Delta);
        }

        (string Method, string Path, string? Body)[] control =
            [("GET", "/indexes", null), ("POST", "/indexes", """{"name":"i","dimension":3}"""), ("GET", "/indexes/i", null), ("PATCH", "/indexes/i", "{}")];
        foreach (var (method, path, body) in control)
            (await server.SendAsync(method, path, body)).AssertRefused(status, name, "the disk is full");
        var deletion = await server.SendAsync("DELETE", "/indexes/i");
        if (kind == InferenceErrorKind.Conflict)
            deletion.AssertRefused(403, "FORBIDDEN", "the disk is full");
        else
            deletion.AssertRefused(status, name, "the disk is full");
    }

    [Fact]
    public async Task Asks_for_json()
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, new RecordingStore());
        using var text = new StringContent("{}", System.Text.Encoding.UTF8, "text/plain");
        (await server.PostAsync("/vectors/upsert", text)).AssertRefused(415, 3, "Content-Type");
    }

    [Fact]
    public async Task Refuses_a_body_over_the_server_s_limit()
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, new ApiOptions { MaxBodyBytes = 2048 }, vectors: new RecordingStore());
        (await server.SendAsync("POST", "/vectors/upsert", new string(' ', 3000))).AssertRefused(413, 11, "2048");
    }

    [Fact]
    public async Task Has_no_such_routes_without_a_store()
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend);
        Assert.Equal(404, (await server.GetAsync("/indexes")).Status);
        Assert.Equal(404, (await server.PostAsync("/query", "{}")).Status);
    }
}
