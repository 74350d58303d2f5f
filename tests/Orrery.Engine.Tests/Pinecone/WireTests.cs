using System.Net;
using System.Text;
using System.Text.Json;
using Orrery.Engine.Vectors;
using static Orrery.Engine.Tests.Pinecone.ScriptedPinecone;

namespace Orrery.Engine.Tests.Pinecone;

public sealed class WireTests
{
    [Fact]
    public async Task Matches_are_read_and_the_models_mark_is_taken_off()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Wire("query.json"));
        var query = new VectorQuery { Index = "talks", Namespace = "ns", Vector = new float[] { 1, 0, 0.1f }, TopK = 3, WithValues = true, WithMetadata = true, Filter = Filter("""{"year":{"$gte":2000}}""") };
        var matches = (await rig.Time.PassAsync(rig.Store.QueryAsync(query, default))).Value!.Matches;
        Assert.Equal(["far", "a", "b"], matches.Select(match => match.Id));
        Assert.Equal([0.25f, -0.001f, 3f], matches[0].Values.ToArray());
        Assert.Equal("""{"year":2019.0,"tags":["a","b"]}""", Encoding.UTF8.GetString(matches[0].Metadata.Span));
        Assert.All(matches.Skip(1), match => Assert.True(match.Values.IsEmpty && match.Metadata.IsEmpty));
        AssertBody("""{"namespace":"ns","topK":3,"vector":[1,0,0.1],"filter":{"year":{"$gte":2000}},"includeValues":true,"includeMetadata":true}""", rig.Service.To("/query").Single());
    }

    [Fact]
    public async Task A_query_by_id_in_the_default_namespace_names_neither_vector_nor_namespace()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Wire("query.json"));
        await rig.Time.PassAsync(rig.Store.QueryAsync(new VectorQuery { Index = "talks", Id = "x", TopK = 1 }, default));
        AssertBody("""{"topK":1,"id":"x","includeValues":false,"includeMetadata":false}""", rig.Service.To("/query").Single());
    }

    [Fact]
    public async Task Fetched_records_come_in_the_order_of_the_ids()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Wire("fetch.json"));
        var page = (await rig.Time.PassAsync(rig.Store.FetchAsync(new FetchRequest { Index = "talks", Namespace = "ns", Ids = ["one", "none", "two"] }, default))).Value!;
        Assert.Equal(["one", "two"], page.Records.Select(record => record.Id));
        Assert.Equal("""{"year":2020}""", Encoding.UTF8.GetString(page.Records[1].Metadata.Span));
        Assert.Equal("?ids=one&ids=none&ids=two&namespace=ns", rig.Service.To("/vectors/fetch").Single().Query);
    }

    [Fact]
    public async Task Ids_that_no_address_holds_are_fetched_in_parts()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Json("{}"));
        string[] ids = [.. Enumerable.Range(0, 100).Select(i => new string('ü', 100) + i)];
        Assert.Empty((await rig.Time.PassAsync(rig.Store.FetchAsync(new FetchRequest { Index = "talks", Ids = ids }, default))).Value!.Records);
        var calls = rig.Service.To("/vectors/fetch");
        Assert.All(calls, call => Assert.InRange(call.Query.Length, 1, 6_100));
        Assert.Equal(ids, calls.SelectMany(call => call.Query[1..].Split('&').Select(part => Uri.UnescapeDataString(part["ids=".Length..]))));
    }

    [Fact]
    public async Task Lists_and_pages_are_read()
    {
        await using var rig = new Rig(script: service => service.Data = call => Wire(call.Path == "/vectors/list" ? "list.json" : "namespaces.json"));
        var ids = (await rig.Time.PassAsync(rig.Store.ListAsync(new ListRequest { Index = "talks", Namespace = "n s", Prefix = "o", Limit = 2, Token = "a=" }, default))).Value!;
        Assert.Equal(["one", "two"], ids.Ids);
        Assert.Equal("dHdv", ids.Next);
        Assert.Equal("?limit=2&prefix=o&paginationToken=a%3D&namespace=n%20s", rig.Service.To("/vectors/list").Single().Query);

        var spaces = (await rig.Time.PassAsync(rig.Store.ListNamespacesAsync("talks", null, 2, null, default))).Value!;
        Assert.Equal([new("", 5, 3, null), new NamespaceInfo("ns", 7, 3, null)], spaces.Namespaces);
        Assert.Equal(("bnM", 9), (spaces.Next, spaces.Total));
    }

    [Fact]
    public async Task Counts_are_read()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Wire("stats.json"));
        var stats = (await rig.Time.PassAsync(rig.Store.StatsAsync("talks", null, default))).Value!;
        Assert.Equal([("", 5L), ("ns", 7L)], stats.Namespaces.Select(one => (one.Name, one.Records)));
        Assert.Equal(3, stats.Index.Dimension);
        AssertBody("{}", rig.Service.To("/describe_index_stats").Single());
    }

    [Fact]
    public async Task Changes_and_removals_are_written()
    {
        await using var rig = new Rig(script: service => service.Data = call => Json(call.Path == "/vectors/update" && call.Body.Contains("filter", StringComparison.Ordinal) ? """{"matchedRecords":42}""" : "{}"));
        var filter = Filter("""{"genre":"drama"}""");
        ReadOnlyMemory<byte> set = Encoding.UTF8.GetBytes("""{"seen":true}""");
        Assert.Equal(1, (await rig.Time.PassAsync(rig.Store.UpdateAsync(new() { Index = "talks", Namespace = "ns", Id = "x", Values = new float[] { 1, 2, 3 }, SetMetadata = set }, default))).Value!.Matched);
        Assert.Equal(42, (await rig.Time.PassAsync(rig.Store.UpdateAsync(new() { Index = "talks", Filter = filter, SetMetadata = set, DryRun = true }, default))).Value!.Matched);
        await rig.Time.PassAsync(rig.Store.DeleteAsync(new() { Index = "talks", Namespace = "ns", Ids = ["a", "b"] }, default));
        await rig.Time.PassAsync(rig.Store.DeleteAsync(new() { Index = "talks", Filter = filter }, default));
        await rig.Time.PassAsync(rig.Store.DeleteAsync(new() { Index = "talks", All = true }, default));
        string[] bodies =
        [
            """{"namespace":"ns","id":"x","values":[1,2,3],"setMetadata":{"seen":true}}""",
            """{"filter":{"genre":"drama"},"setMetadata":{"seen":true},"dryRun":true}""",
            """{"namespace":"ns","ids":["a","b"]}""",
            """{"filter":{"genre":"drama"}}""",
            """{"deleteAll":true}""",
        ];
        Assert.Equal(bodies, rig.Service.Calls.Where(call => call.Body.Length > 0).Select(call => call.Body));
    }

    [Fact]
    public async Task A_namespace_that_nobody_has_written_to_is_empty()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Json("""{"code":5,"message":"Namespace not found"}""", HttpStatusCode.NotFound));
        Assert.Empty((await rig.Time.PassAsync(rig.Store.QueryAsync(new() { Index = "talks", Namespace = "ns", Id = "x", TopK = 1 }, default))).Value!.Matches);
        Assert.Empty((await rig.Time.PassAsync(rig.Store.ListAsync(new() { Index = "talks", Namespace = "ns" }, default))).Value!.Ids);
        Assert.NotNull((await rig.Time.PassAsync(rig.Store.DeleteAsync(new() { Index = "talks", Namespace = "ns", All = true }, default))).Value);
        Assert.Equal(0, (await rig.Time.PassAsync(rig.Store.UpdateAsync(new() { Index = "talks", Namespace = "ns", Id = "x", Values = new float[3] }, default))).Value!.Matched);
        Assert.Equal(InferenceErrorKind.NotFound, (await rig.Time.PassAsync(rig.Store.FindNamespaceAsync("talks", "ns", default))).Error!.Kind);
        Assert.Equal(InferenceErrorKind.NotFound, (await rig.Time.PassAsync(rig.Store.DeleteNamespaceAsync("talks", "ns", default))).Error!.Kind);
    }

    [Fact]
    public async Task Indexes_that_can_be_used_are_told()
    {
        await using var rig = new Rig(script: service => service.Control = call => Wire(call.Path == "/indexes" ? "indexes.json" : "index.json"));
        var index = Assert.Single((await rig.Time.PassAsync(rig.Store.ListIndexesAsync(default))).Value!);
        Assert.Equal("talks", index.Spec.Name);
        Assert.Equal((false, true, 3, VectorMetric.Cosine, "talks-8f2c1.svc.test"), (index.Ready, index.Spec.DeletionProtected, index.Spec.Dimension, index.Spec.Metric, index.Host));
        Assert.Equal("""{ "serverless": { "region": "us-east-1", "cloud": "aws" } }""", index.Spec.Placement);
        var found = (await rig.Time.PassAsync(rig.Store.FindIndexAsync("talks", default))).Value!;
        Assert.Equal((true, false, "tests"), (found.Ready, found.Spec.DeletionProtected, found.Spec.Tags["owner"]));
    }

    [Fact]
    public async Task Indexes_are_made_changed_and_removed()
    {
        await using var rig = new Rig();
        Assert.Null((await rig.Time.PassAsync(rig.Store.CreateIndexAsync(new IndexSpec { Name = "talks", Dimension = 3, Metric = VectorMetric.DotProduct, Tags = new Dictionary<string, string> { ["a"] = "b" } }, default))).Error);
        await rig.Time.PassAsync(rig.Store.ConfigureIndexAsync("talks", new IndexChange(true, new Dictionary<string, string> { ["a"] = "" }), default));
        rig.Service.Control = call => call.Method == "DELETE" ? Status(202) : Wire("index.json");
        Assert.Null((await rig.Time.PassAsync(rig.Store.DeleteIndexAsync("talks", default))).Error);
        Assert.Equal(["POST /indexes", "PATCH /indexes/talks", "GET /indexes/talks", "DELETE /indexes/talks"], rig.Service.Calls.Select(call => $"{call.Method} {call.Path}"));
        AssertBody("""{"name":"talks","dimension":3,"metric":"dotproduct","vector_type":"dense","deletion_protection":"disabled","tags":{"a":"b"},"spec":{"serverless":{"cloud":"aws","region":"us-east-1"}}}""", rig.Service.Calls[0]);
        AssertBody("""{"deletion_protection":"enabled","tags":{"a":""}}""", rig.Service.Calls[1]);
    }

    [Fact]
    public async Task A_protected_index_is_not_removed()
    {
        await using var rig = new Rig(script: service => service.Control = _ => Json(Text("index.json").Replace("disabled", "enabled", StringComparison.Ordinal)));
        Assert.Equal(InferenceErrorKind.Conflict, (await rig.Time.PassAsync(rig.Store.DeleteIndexAsync("talks", default))).Error!.Kind);
        Assert.DoesNotContain(rig.Service.Calls, call => call.Method == "DELETE");
    }

    [Fact]
    public async Task The_control_planes_refusals_are_told_in_its_words()
    {
        await using var rig = new Rig(script: service => service.Control = _ => Wire("error-control.json", HttpStatusCode.Conflict));
        var error = (await rig.Time.PassAsync(rig.Store.CreateIndexAsync(new IndexSpec { Name = "talks", Dimension = 3 }, default))).Error!;
        Assert.Equal((InferenceErrorKind.Conflict, "Pinecone: Resource already exists"), (error.Kind, error.Message));
    }

    [Fact]
    public async Task What_Pinecone_cannot_keep_is_refused_before_it_is_asked()
    {
        await using var rig = new Rig();
        foreach (var spec in new[] { new IndexSpec { Name = "talks" }, new IndexSpec { Name = "talks", Dimension = 3, Element = VectorElement.Int8 }, new IndexSpec { Name = "Talks", Dimension = 3 } })
            Assert.Equal(InferenceErrorKind.Invalid, (await rig.Time.PassAsync(rig.Store.CreateIndexAsync(spec, default))).Error!.Kind);
        Assert.Empty(rig.Service.Calls);
        Assert.Equal(InferenceErrorKind.Invalid, (await rig.UpsertAsync(Rig.Request("a") with { Dimension = 1, Ids = ["a", "b", "c"] })).Error!.Kind);
        Assert.Equal("values", (await rig.UpsertAsync(Rig.Request("a") with { Values = new float[] { 1, float.NaN, 3 } })).Error!.Field);
        Assert.Empty(rig.Service.To("/vectors/upsert"));
    }

    private static VectorFilter Filter(string json) => VectorFilter.Parse(Encoding.UTF8.GetBytes(json)).Value!;

    private static void AssertBody(string json, Call call) => Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(json).RootElement, call.Json), $"expected {json}, sent {call.Body}");
}
