using System.Text;
using Orrery.Api.Tests.Support;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Tests.Pinecone;

/// <summary>What requests mean, and how answers are written.</summary>
[Collection(LocalFixture.Collection)]
public sealed class WireTests(LocalFixture fixture)
{
    [Theory]
    [InlineData("""{"vectors":[{"id":"a","values":[1,2.5,-3e-1],"metadata":{"g":"x"}},{"id":"b","values":[4,5,6]}],"namespace":"n"}""")]
    [InlineData("""{"namespace":"n","extra":{"a":[1]},"vectors":[{"metadata": {"g":"x"} ,"values":[1,2.5,-0.3],"id":"a"},{"id":"b","values":[4,5,6],"metadata":null,"sparseValues":null}]}""")]
    [InlineData("\uFEFF{ \"vectors\" : [ { \"id\" : \"a\" , \"values\" : [ 1 ,\n\t2.5\r\n, -0.3e0 ] , \"metadata\" : {\"g\":\"x\"} } , { \"values\" : [4,5,6] , \"id\" : \"b\" } ] , \"namespace\" : \"n\" } ")]
    [InlineData("""{"vectors":[{"id":"old","values":[9]}],"vectors":[{"id":"a","values":[9],"values":[1,2.5,-0.3],"metadata":{"g":"x"}},{"id":"b","values":[4,5,6]}],"namespace":"n"}""")]
    public async Task Reads_vectors_in_whatever_order_their_fields_come(string body)
    {
        var request = Assert.IsType<UpsertRequest>(await AskAsync("POST", "/vectors/upsert", body, """{"upsertedCount":2}"""));
        Assert.Equal(("default", "n", 3), (request.Index, request.Namespace, request.Dimension));
        Assert.Equal(["a", "b"], request.Ids);
        Assert.Equal([1f, 2.5f, -0.3f, 4, 5, 6], request.Values.ToArray());
        Assert.Contains("\"g\":\"x\"", Encoding.UTF8.GetString(request.MetadataOf(0).Span), StringComparison.Ordinal);
        Assert.True(request.MetadataOf(1).IsEmpty);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(""","namespace":null""", "")]
    [InlineData(""","namespace":"__default__" """, "")]
    [InlineData(""","namespace":"a/b" """, "a/b")]
    public async Task Knows_the_default_namespace_by_its_other_name(string field, string wanted)
    {
        var upsert = Assert.IsType<UpsertRequest>(await AskAsync("POST", "/vectors/upsert", $$"""{"vectors":[{"id":"a","values":[1]}]{{field}}}"""));
        Assert.Equal(wanted, upsert.Namespace);
        Assert.Empty(upsert.Metadata);
    }

    [Fact]
    public async Task Says_when_vectors_are_queued() => await AskAsync(
        "POST", "/vectors/upsert", """{"vectors":[{"id":"a","values":[1]}]}""", """{"upsertedCount":1,"queued":true}""", new RecordingStore { Receipt = new UpsertReceipt(1, Queued: true) });

    [Theory]
    [InlineData("topK", "includeValues", "includeMetadata")]
    [InlineData("top_k", "include_values", "include_metadata")]
    public async Task Reads_a_query_in_either_spelling(string topK, string values, string metadata)
    {
        var matches = new VectorMatches([new("a", 0.5f, new float[] { 1, 2 }, """{"g": "x"}"""u8.ToArray()), new("b\"", float.PositiveInfinity)]);
        var query = Assert.IsType<VectorQuery>(await AskAsync(
            "POST", "/query", $$$"""{"vector":[1,0.5],"{{{topK}}}":3,"{{{values}}}":true,"{{{metadata}}}":true,"namespace":"n","filter":{"g":{"$in":["x"]}},"scanFactor":2}""",
            """{"matches":[{"id":"a","score":0.5,"values":[1,2],"metadata":{"g": "x"}},{"id":"b\"","score":3.4028235E+38}],"namespace":"n","usage":{"readUnits":0}}""",
            new RecordingStore { Matches = matches }));
        Assert.Equal((3, true, true, "n", null), (query.TopK, query.WithValues, query.WithMetadata, query.Namespace, query.Id));
        Assert.Equal([1f, 0.5f], query.Vector.ToArray());
        Assert.Equal(["x"], Assert.IsType<OneOf>(query.Filter!.Root).Values.Select(value => value.Text));
    }

    [Fact]
    public async Task Asks_by_the_id_of_a_record()
    {
        var query = Assert.IsType<VectorQuery>(await AskAsync("POST", "/indexes/other/query", """{"id":"a","topK":10000,"vector":[]}"""));
        Assert.Equal(("other", "a", 10_000, 0, false, false), (query.Index, query.Id, query.TopK, query.Vector.Length, query.WithValues, query.WithMetadata));
        Assert.Null(query.Filter);
    }

    [Fact]
    public async Task Fetches_by_repeated_ids()
    {
        var records = new RecordPage([new("a b", new float[] { 1 }, default), new("ü", new float[] { 2 }, """{"k":1}"""u8.ToArray())]);
        var request = Assert.IsType<FetchRequest>(await AskAsync(
            "GET", "/vectors/fetch?ids=a%20b&ids=%C3%BC&namespace=__default__", null,
            """{"vectors":{"a b":{"id":"a b","values":[1]},"ü":{"id":"ü","values":[2],"metadata":{"k":1}}},"namespace":"__default__","usage":{"readUnits":0}}""",
            new RecordingStore { Records = records }));
        Assert.Equal(["a b", "ü"], request.Ids!);
        Assert.Equal("", request.Namespace);
    }

    [Fact]
    public async Task Fetches_by_filter_a_page_at_a_time()
    {
        var request = Assert.IsType<FetchRequest>(await AskAsync(
            "POST", "/vectors/fetch_by_metadata", """{"filter":{"a":1},"limit":7,"pagination_token":"t"}""",
            """{"vectors":{},"pagination":{"next":"u"},"namespace":"","usage":{"readUnits":0}}""", new RecordingStore { Records = new([], "u") }));
        Assert.Equal((null, 7, "t"), (request.Ids, request.Limit, request.Token));
        Assert.NotNull(request.Filter);
    }

    [Fact]
    public async Task Updates_a_record_by_id()
    {
        var request = Assert.IsType<UpdateRequest>(await AskAsync("POST", "/vectors/update", """{"id":"a","values":[1,2],"setMetadata":{"g":"y"},"namespace":"n"}""", "{}"));
        Assert.Equal(("a", "n", null), (request.Id, request.Namespace, request.Filter));
        Assert.Equal([1f, 2f], request.Values.ToArray());
        Assert.Equal("""{"g":"y"}""", Encoding.UTF8.GetString(request.SetMetadata.Span));
    }

    [Fact]
    public async Task Updates_all_that_match_or_counts_them()
    {
        var request = Assert.IsType<UpdateRequest>(await AskAsync("POST", "/vectors/update", """{"filter":{"g":"x"},"dryRun":true}""", """{"matchedRecords":7}"""));
        Assert.True(request.DryRun);
        Assert.NotNull(request.Filter);
    }

    [Theory]
    [InlineData("""{"ids":["a","b"],"deleteAll":false}""", 2, false)]
    [InlineData("""{"deleteAll":true,"ids":[],"filter":null}""", null, true)]
    [InlineData("""{"filter":{"a":{"$exists":true}}}""", null, false)]
    public async Task Deletes_by_one_of_three(string body, int? ids, bool all)
    {
        var request = Assert.IsType<DeleteRequest>(await AskAsync("POST", "/vectors/delete", body, "{}"));
        Assert.Equal((ids, all, ids is null && !all), (request.Ids?.Count, request.All, request.Filter is not null));
    }

    [Fact]
    public async Task Lists_ids_with_what_asks_for_more()
    {
        var request = Assert.IsType<ListRequest>(await AskAsync(
            "GET", "/vectors/list?prefix=a%23&limit=2&paginationToken=t%3D&namespace=n", null,
            """{"vectors":[{"id":"a#1"},{"id":"a#2"}],"pagination":{"next":"n="},"namespace":"n","usage":{"readUnits":0}}""", new RecordingStore { Ids = new(["a#1", "a#2"], "n=") }));
        Assert.Equal(("a#", 2, "t=", "n"), (request.Prefix, request.Limit, request.Token, request.Namespace));
    }

    [Theory]
    [InlineData("GET", null)]
    [InlineData("POST", "{}")]
    [InlineData("POST", """{"filter":{"a":1}}""")]
    public async Task Counts_by_either_verb(string method, string? body)
    {
        var stats = new IndexStats(new IndexSpec { Name = "default", Dimension = 3, Metric = VectorMetric.Euclidean }, [new("", 2, 3, null), new("n", 5, 3, null)]);
        var (_, filter) = Assert.IsType<(string, VectorFilter?)>(await AskAsync(
            method, "/describe_index_stats", body,
            """{"namespaces":{"":{"vectorCount":2},"n":{"vectorCount":5}},"dimension":3,"indexFullness":0,"totalVectorCount":7,"metric":"euclidean","vectorType":"dense"}""",
            new RecordingStore { Stats = stats }));
        Assert.Equal(body is { Length: > 2 }, filter is not null);
    }

    [Fact]
    public async Task Tells_namespaces()
    {
        await AskAsync("GET", "/namespaces?limit=2&prefix=p&pagination_token=t", null, """{"namespaces":[{"name":"__default__","record_count":2},{"name":"n","record_count":1}],"pagination":{"next":"more"},"total_count":5}""");
        Assert.Equal(("default", "a/b"), await AskAsync("GET", "/namespaces/a%2Fb", null, """{"name":"a/b","record_count":4}"""));
        Assert.Equal(("i", ""), await AskAsync("GET", "/indexes/i/namespaces/__default__", null, """{"name":"__default__","record_count":4}"""));
        Assert.Equal(("default", "n"), await AskAsync("POST", "/namespaces", """{"name":"n","schema":{"fields":{"a":{"filterable":true}}}}""", """{"name":"n","record_count":0}"""));
        Assert.Equal(("default", "n"), await AskAsync("DELETE", "/namespaces/n", null, "{}"));
    }

    [Fact]
    public async Task Makes_an_index_and_tells_where_its_data_plane_is()
    {
        const string Body = """{"name":"big-one","dimension":20000,"metric":"dotproduct","deletion_protection":"enabled","tags":{"a":"b"},"spec":{"pod":{"environment":"e","pod_type":"p1.x1"}},"vector_type":"dense","element_type":"int8"}""";
        var store = new RecordingStore();
        await using var server = await PineconeServer.StartAsync(fixture.Backend, store);
        var answer = await server.SendAsync("POST", "/indexes", Body);
        Assert.Equal(201, answer.Status);
        var spec = Assert.IsType<IndexSpec>(store.Asked);
        Assert.Equal(("big-one", 20_000, VectorMetric.DotProduct, VectorElement.Int8, true), (spec.Name, spec.Dimension, spec.Metric, spec.Element, spec.DeletionProtected));
        Assert.Equal("b", spec.Tags["a"]);
        Assert.Equal(
            $$$$"""{"name":"big-one","dimension":20000,"metric":"dotproduct","host":"http://{{{{server.Address.Authority}}}}/indexes/big-one","vector_type":"dense","element_type":"int8","deletion_protection":"enabled","tags":{"a":"b"},"spec":{"pod":{"environment":"e","pod_type":"p1.x1"}},"deployment":{"deployment_type":"pod","environment":"e","pod_type":"p1.x1"},"schema":{"fields":{"_values":{"type":"dense_vector","dimension":20000,"metric":"dotproduct"}}},"status":{"ready":true,"state":"Ready"}}""",
            answer.Body);
    }

    [Fact]
    public async Task Makes_a_plain_index_of_name_and_dimension()
    {
        var store = new RecordingStore();
        await using var server = await PineconeServer.StartAsync(fixture.Backend, store);
        var answer = await server.SendAsync("POST", "/indexes", """{"name":"i","dimension":1}""");
        Assert.Equal("local", answer.Json.GetProperty("spec").GetProperty("serverless").GetProperty("cloud").GetString());
        var spec = Assert.IsType<IndexSpec>(store.Asked);
        Assert.Equal((VectorMetric.Cosine, VectorElement.Float32, false, null), (spec.Metric, spec.Element, spec.DeletionProtected, spec.Placement));
    }

    [Theory]
    [InlineData("managed", "\"cloud\":\"aws\",\"region\":\"r\"", "{\"serverless\":{\"cloud\":\"aws\",\"region\":\"r\"}}")]
    [InlineData("byoc", "\"environment\":\"e\"", "{\"byoc\":{\"environment\":\"e\"}}")]
    public async Task Makes_an_index_in_the_words_of_the_newer_api(string type, string where, string placement)
    {
        var store = new RecordingStore();
        await using var server = await PineconeServer.StartAsync(fixture.Backend, store);
        var deployment = $$"""{"deployment_type":"{{type}}",{{where}}}""";
        var answer = await server.SendAsync(
            "POST", "/indexes", $$$$"""{"name":"i","schema":{"fields":{"_values":{"type":"dense_vector","dimension":3,"metric":"euclidean"}}},"deployment":{{{{deployment}}}},"read_capacity":{"mode":"OnDemand"}}""");
        Assert.Equal(201, answer.Status);
        var spec = Assert.IsType<IndexSpec>(store.Asked);
        Assert.Equal((3, VectorMetric.Euclidean, placement), (spec.Dimension, spec.Metric, spec.Placement));
        Assert.Equal(deployment, answer.Json.GetProperty("deployment").GetRawText());
    }

    [Fact]
    public async Task Changes_protection_and_tags()
    {
        var change = Assert.IsType<IndexChange>(await AskAsync("PATCH", "/indexes/default", """{"deletion_protection":"disabled","tags":{"a":null,"b":"c"}}"""));
        Assert.False(change.DeletionProtected);
        Assert.Equal(("", "c"), (change.Tags!["a"], change.Tags["b"]));
        Assert.Equal(new IndexChange(null, null), await AskAsync("PATCH", "/indexes/default", "{}"));
    }

    [Fact]
    public async Task Accepts_a_deletion_without_a_body()
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, new RecordingStore());
        var answer = await server.SendAsync("DELETE", "/indexes/default");
        Assert.Equal((202, ""), (answer.Status, answer.Body));
    }

    /// <summary>Asks a store that remembers, and returns what it remembers.</summary>
    private async Task<object?> AskAsync(string method, string path, string? body, string? wanted = null, RecordingStore? store = null)
    {
        store ??= new RecordingStore();
        await using var server = await PineconeServer.StartAsync(fixture.Backend, store);
        var answer = await server.SendAsync(method, path, body);
        Assert.True(answer.Status == 200, $"{answer.Status}: {answer.Body}");
        Assert.Equal("application/json", answer.ContentType!.MediaType);
        Assert.Equal(answer.Json.GetRawText(), answer.Body);
        if (wanted is not null)
            Assert.Equal(wanted, answer.Body);
        return store.Asked;
    }
}
