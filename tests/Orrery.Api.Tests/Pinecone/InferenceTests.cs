using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Pinecone;

/// <summary>Pinecone's inference and its indexes that embed texts, by this server's own models.</summary>
[Collection(LocalFixture.Collection)]
public sealed class InferenceTests(LocalFixture fixture)
{
    private static readonly (string, string) _client = ("X-Pinecone-Api-Version", "2026-07");

    [Fact]
    public async Task Lists_what_embeds_and_what_reranks()
    {
        var all = (await fixture.Server.GetAsync("/models")).Json.GetProperty("models").EnumerateArray().ToDictionary(model => model.GetProperty("model").GetString()!);
        Assert.Equal("embed", all["tiny-mean"].GetProperty("type").GetString());
        Assert.Equal(32, all["tiny-mean"].GetProperty("default_dimension").GetInt32());
        Assert.Equal("rerank", all["tiny-cross-encoder"].GetProperty("type").GetString());
        Assert.DoesNotContain("tiny-classifier", all.Keys);
        Assert.All((await fixture.Server.GetAsync("/models?type=rerank")).Json.GetProperty("models").EnumerateArray(), model => Assert.Equal("rerank", model.GetProperty("type").GetString()));
        Assert.Equal(0, (await fixture.Server.GetAsync("/models?type=embed&vector_type=sparse")).Json.GetProperty("models").GetArrayLength());
        (await fixture.Server.GetAsync("/models?type=nonsense")).AssertRefused(400, "INVALID_ARGUMENT", "type");
        Assert.Equal("tiny-mean", (await fixture.Server.GetAsync("/models/tiny-mean")).Json.GetProperty("model").GetString());
        (await fixture.Server.GetAsync("/models/tiny-classifier")).AssertRefused(404, "NOT_FOUND", "tiny-classifier");
        (await fixture.Server.GetAsync("/models/owner/nobody")).AssertRefused(404, "NOT_FOUND", "owner/nobody");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Embeds_as_the_other_protocols_do_with_its_header_and_by_its_body_alone(bool header)
    {
        const string Body = """{"model":"tiny-mean","inputs":[{"text":"a text"},{"text":"another one"}],"parameters":{"input_type":"passage","truncate":"END"}}""";
        var answer = header ? await fixture.Server.PostAsync("/embed", Body, _client) : await fixture.Server.PostAsync("/embed", Body);
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal(("tiny-mean", "dense"), (answer.Json.GetProperty("model").GetString(), answer.Json.GetProperty("vector_type").GetString()));
        Assert.True(answer.Json.GetProperty("usage").GetProperty("total_tokens").GetInt32() > 0);
        var expected = (await fixture.Server.PostAsync("/embed", """{"model":"tiny-mean","inputs":["a text","another one"]}""")).Rows();
        Assert.Equal(expected, answer.Json.GetProperty("data").EnumerateArray().Select(one => one.GetProperty("values").EnumerateArray().Select(value => value.GetSingle()).ToArray()));
    }

    [Theory]
    [InlineData("""{"inputs":[{"text":"a"}]}""", "model")]
    [InlineData("""{"model":"tiny-mean","inputs":[]}""", "inputs")]
    [InlineData("""{"model":"tiny-mean","inputs":[{"image":"a"}]}""", "image")]
    [InlineData("""{"model":"tiny-mean","inputs":[{"text":3}]}""", "text")]
    [InlineData("""{"model":"tiny-mean","inputs":[{"text":"a"}],"parameters":{"nonsense":1}}""", "nonsense")]
    [InlineData("""{"model":"tiny-mean","inputs":[{"text":"a"}],"parameters":{"input_type":"nonsense"}}""", "input_type")]
    [InlineData("""{"model":"tiny-mean","inputs":[{"text":"a"}],"parameters":{"dimension":33}}""", "dimension")]
    [InlineData("""{"model":"tiny-cross-encoder","inputs":[{"text":"a"}]}""", "does not embed")]
    [InlineData("""{"model":"tiny-mean","inputs":[{"text":"a"}],"nonsense":1}""", "nonsense")]
    public async Task Refuses_what_it_does_not_understand_in_Pinecone_s_shape(string body, string reason) =>
        (await fixture.Server.PostAsync("/embed", body, _client)).AssertRefused(400, "INVALID_ARGUMENT", reason);

    [Fact]
    public async Task A_model_that_is_not_here_is_not_found() =>
        (await fixture.Server.PostAsync("/embed", """{"model":"multilingual-e5-large","inputs":[{"text":"a"}]}""", _client)).AssertRefused(404, "NOT_FOUND", "multilingual-e5-large");

    [Fact]
    public async Task Text_Embeddings_Inference_s_requests_stay_its_own()
    {
        Assert.Equal(200, (await fixture.Server.PostAsync("/embed", """{"inputs":"a text"}""")).Status);
        Assert.Equal("text/plain", (await fixture.Server.PostAsync("/embed", """{"inputs":5}""")).ContentType!.MediaType);
        Assert.Equal(200, (await fixture.Server.PostAsync("/rerank", """{"query":"a","texts":["b"]}""")).Status);
        Assert.Equal("text/plain", (await fixture.Server.PostAsync("/rerank", """{"query":"a"}""")).ContentType!.MediaType);
    }

    [Theory]
    [InlineData("/embed", """{"inputs":"a text"}""")]
    [InlineData("/rerank", """{"query":"a","texts":["b"]}""")]
    public async Task A_key_alone_does_not_make_another_s_request_Pinecone_s(string path, string body) =>
        Assert.Equal((await fixture.Server.PostAsync(path, body)).Body, (await fixture.Server.PostAsync(path, body, ("api-key", "of-a-gateway"))).Body);

    [Fact]
    public async Task Asks_for_the_key_where_one_is_set()
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, new ApiOptions { PineconeKey = "correct-horse-battery" }, vectors: fixture.Vectors);
        const string Body = """{"model":"tiny-mean","inputs":[{"text":"a"}]}""";
        (await server.PostAsync("/embed", Body, _client)).AssertRefused(401, "UNAUTHENTICATED", "Api-Key");
        (await server.GetAsync("/models")).AssertRefused(401, "UNAUTHENTICATED", "Api-Key");
        Assert.Equal(200, (await server.PostAsync("/embed", Body, ("Api-Key", "correct-horse-battery"))).Status);
        Assert.Equal(200, (await server.PostAsync("/embed", """{"inputs":"a"}""")).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reranks_as_the_cross_encoder_scores(bool header)
    {
        const string Body = """{"model":"tiny-cross-encoder","query":"what","documents":[{"id":"x","text":"one"},{"id":"y","text":"two words"},{"id":"z","text":"three more words"}],"top_n":2}""";
        var answer = header ? await fixture.Server.PostAsync("/rerank", Body, _client) : await fixture.Server.PostAsync("/rerank", Body);
        Assert.True(answer.Status == 200, answer.Body);
        var expected = (await fixture.Server.PostAsync("/rerank", """{"query":"what","texts":["one","two words","three more words"]}""")).Json.EnumerateArray().Take(2).ToArray();
        var data = answer.Json.GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal(expected.Select(one => (one.GetProperty("index").GetInt32(), one.GetProperty("score").GetSingle())), data.Select(one => (one.GetProperty("index").GetInt32(), one.GetProperty("score").GetSingle())));
        Assert.Equal("xyz"[data[0].GetProperty("index").GetInt32()].ToString(), data[0].GetProperty("document").GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("""{"model":"tiny-cross-encoder","query":"a","documents":[{"title":"b"}]}""", "documents[0]", "'text'")]
    [InlineData("""{"model":"tiny-cross-encoder","query":"a","documents":[{"text":"b"}],"top_n":0}""", "top_n", "")]
    [InlineData("""{"model":"tiny-cross-encoder","query":"","documents":[{"text":"b"}]}""", "query", "")]
    [InlineData("""{"model":"tiny-mean","query":"a","documents":[{"text":"b"}]}""", "does not rerank", "")]
    public async Task Refuses_rankings_that_cannot_be_made(string body, string first, string second) =>
        (await fixture.Server.PostAsync("/rerank", body, _client)).AssertRefused(400, "INVALID_ARGUMENT", first, second);

    [Fact]
    public async Task Texts_go_in_and_are_found_again_and_reranked()
    {
        var index = await MakeAsync("texts", """{"model":"tiny-mean","field_map":{"text":"chunk"}}""");
        Assert.Equal(32, index.GetProperty("dimension").GetInt32());
        Assert.Equal("tiny-mean", index.GetProperty("embed").GetProperty("model").GetString());
        Assert.Equal("semantic_text", index.GetProperty("schema").GetProperty("fields").GetProperty("chunk").GetProperty("type").GetString());

        var upserted = await LinesAsync("/indexes/texts/records/namespaces/n/upsert", """
            {"_id":"a","chunk":"the card is lost","year":2025}
            {"id":"b","chunk":"an exchange rate","year":2026}

            {"_id":"c","chunk":"a completely different story about gardens","year":2026}
            """);
        Assert.True(upserted.Status == 201, upserted.Body);
        var found = (await fixture.Server.PostAsync("/indexes/texts/records/namespaces/n/search", """{"query":{"inputs":{"text":"the card is lost"},"top_k":2}}""")).Json;
        var hits = found.GetProperty("result").GetProperty("hits").EnumerateArray().ToArray();
        Assert.Equal(("a", 2), (hits[0].GetProperty("_id").GetString(), hits.Length));
        Assert.Equal(1f, hits[0].GetProperty("_score").GetSingle(), 1e-5f);
        Assert.Equal("""{"chunk":"the card is lost","year":2025}""", hits[0].GetProperty("fields").GetRawText());
        Assert.True(found.GetProperty("usage").GetProperty("embed_total_tokens").GetInt32() > 0);

        var filtered = (await fixture.Server.PostAsync("/indexes/texts/records/namespaces/n/search", """{"query":{"inputs":{"text":"the card is lost"},"top_k":9,"filter":{"year":2026}},"fields":["year"]}""")).Json;
        Assert.All(filtered.GetProperty("result").GetProperty("hits").EnumerateArray(), hit => Assert.Equal("""{"year":2026}""", hit.GetProperty("fields").GetRawText()));

        var ranked = (await fixture.Server.PostAsync(
            "/indexes/texts/records/namespaces/n/search", """{"query":{"inputs":{"text":"rate"},"top_k":3},"rerank":{"model":"tiny-cross-encoder","rank_fields":["chunk"],"top_n":2}}""")).Json;
        var scores = ranked.GetProperty("result").GetProperty("hits").EnumerateArray().Select(hit => hit.GetProperty("_score").GetSingle()).ToArray();
        Assert.Equal(2, scores.Length);
        Assert.True(scores[0] >= scores[1]);
        Assert.Equal(1, ranked.GetProperty("usage").GetProperty("rerank_units").GetInt32());

        Assert.Equal(202, (await fixture.Server.SendAsync("DELETE", "/indexes/texts")).Status);
    }

    [Theory]
    [InlineData("""{"_id":"a"}""", "'chunk'")]
    [InlineData("""{"chunk":"a"}""", "_id")]
    [InlineData("""{"_id":"a","chunk":"b","deep":{"x":1}}""", "records[0]")]
    [InlineData("[1]", "object")]
    [InlineData("{", "JSON")]
    [InlineData("", "no records")]
    public async Task Refuses_lines_that_are_no_records(string lines, string reason)
    {
        await MakeAsync("refusing", """{"model":"tiny-mean","field_map":{"text":"chunk"}}""");
        var answer = await LinesAsync("/indexes/refusing/records/namespaces/n/upsert", lines);
        await fixture.Server.SendAsync("DELETE", "/indexes/refusing");
        answer.AssertRefused(400, 3, reason);
    }

    [Theory]
    [InlineData("""{"query":{"inputs":{"text":"a"},"top_k":1},"fields":[FIELDS]}""", 1001, "fields must have at most 1000 items, not 1001")]
    [InlineData("""{"query":{"inputs":{"text":"a"},"top_k":1},"rerank":{"model":"tiny-cross-encoder","rank_fields":[FIELDS]}}""", 17, "rerank.rank_fields must have at most 16 items, not 17")]
    public async Task Refuses_more_fields_than_it_would_look_at(string body, int count, string reason) =>
        (await fixture.Server.PostAsync("/records/namespaces/n/search", body.Replace("FIELDS", string.Join(',', Enumerable.Range(0, count).Select(i => $"\"f{i}\"")), StringComparison.Ordinal)))
            .AssertRefused(400, 3, reason);

    [Theory]
    [InlineData("""{"model":"tiny-mean","field_map":{"text":"chunk"},"nonsense":1}""", 400, "nonsense")]
    [InlineData("""{"model":"tiny-mean"}""", 400, "field_map")]
    [InlineData("""{"model":"tiny-mean","field_map":{"text":"chunk"},"dimension":33}""", 400, "dimension")]
    [InlineData("""{"model":"nobody","field_map":{"text":"chunk"}}""", 404, "nobody")]
    [InlineData("""{"model":"tiny-classifier","field_map":{"text":"chunk"}}""", 400, "embed")]
    public async Task Refuses_indexes_that_no_model_could_fill(string embed, int status, string reason)
    {
        var answer = await fixture.Server.PostAsync("/indexes/create-for-model", $$"""{"name":"never","cloud":"aws","region":"us-east-1","embed":{{embed}}}""");
        answer.AssertRefused(status, status == 404 ? "NOT_FOUND" : "INVALID_ARGUMENT", reason);
    }

    [Theory]
    [InlineData("cloud")]
    [InlineData("region")]
    public async Task Refuses_long_names_of_places(string field)
    {
        var body = $$"""{"name":"never","cloud":"aws","region":"us-east-1","{{field}}":"{{new string('x', 65)}}","embed":{"model":"tiny-mean","field_map":{"text":"chunk"} } }""";
        (await fixture.Server.PostAsync("/indexes/create-for-model", body)).AssertRefused(400, "INVALID_ARGUMENT", field, "64");
    }

    [Fact]
    public async Task Keeps_parameters_and_not_what_stands_between_them()
    {
        var blanks = new string(' ', 100_000);
        var parameters = $$"""{{{blanks}}"truncate":"NONE",{{blanks}}"truncate":"END","input_type":"passage"}""";
        var index = await MakeAsync("kept", $$$"""{"model":"tiny-mean","field_map":{"text":"chunk"},"write_parameters":{{{parameters}}},"read_parameters":{ {{{blanks}}} } }""");
        await fixture.Server.SendAsync("DELETE", "/indexes/kept");
        Assert.Equal("""{"input_type":"passage","truncate":"END"}""", index.GetProperty("embed").GetProperty("write_parameters").GetRawText());
        Assert.Equal("{}", index.GetProperty("embed").GetProperty("read_parameters").GetRawText());
    }

    [Fact]
    public async Task Repeats_little_of_what_it_refuses()
    {
        var answer = await fixture.Server.PostAsync("/embed", $$$"""{"model":"tiny-mean","inputs":[{"text":"a"}],"parameters":{"{{{new string('x', 100_000)}}}":1}}""", _client);
        answer.AssertRefused(400, "INVALID_ARGUMENT", "parameters", "is not known", "dimension");
        Assert.InRange(answer.Body.Length, 100, 3000);
    }

    [Fact]
    public async Task A_field_of_its_own_by_the_name_id_is_kept()
    {
        await MakeAsync("ids", """{"model":"tiny-mean","field_map":{"text":"chunk"}}""");
        Assert.Equal(201, (await LinesAsync("/indexes/ids/records/namespaces/n/upsert", """{"_id":"a","chunk":"b","id":"own"}""")).Status);
        var hits = (await fixture.Server.PostAsync("/indexes/ids/records/namespaces/n/search", """{"query":{"inputs":{"text":"b"},"top_k":1}}""")).Json.GetProperty("result").GetProperty("hits");
        await fixture.Server.SendAsync("DELETE", "/indexes/ids");
        Assert.Equal(("a", """{"chunk":"b","id":"own"}"""), (hits[0].GetProperty("_id").GetString(), hits[0].GetProperty("fields").GetRawText()));
    }

    [Fact]
    public async Task Reranks_no_more_than_a_request_may_bring()
    {
        await MakeAsync("many", """{"model":"tiny-mean","field_map":{"text":"chunk"}}""");
        var answer = await fixture.Server.PostAsync("/indexes/many/records/namespaces/n/search", """{"query":{"inputs":{"text":"b"},"top_k":2049},"rerank":{"model":"tiny-cross-encoder","rank_fields":["chunk"]}}""");
        await fixture.Server.SendAsync("DELETE", "/indexes/many");
        answer.AssertRefused(400, 3, "top_k", "2048");
    }

    [Fact]
    public async Task An_index_of_vectors_takes_no_texts()
    {
        Assert.Equal(201, (await fixture.Server.PostAsync("/indexes", """{"name":"plain","dimension":3}""")).Status);
        (await LinesAsync("/indexes/plain/records/namespaces/n/upsert", """{"_id":"a","chunk":"b"}""")).AssertRefused(400, 3, "create-for-model");
        (await fixture.Server.PostAsync("/indexes/plain/records/namespaces/n/search", """{"query":{"inputs":{"text":"b"},"top_k":1}}""")).AssertRefused(400, 3, "create-for-model");
        await fixture.Server.SendAsync("DELETE", "/indexes/plain");
    }

    private async Task<JsonElement> MakeAsync(string name, string embed)
    {
        await fixture.Server.SendAsync("DELETE", $"/indexes/{name}");
        var made = await fixture.Server.PostAsync("/indexes/create-for-model", $$"""{"name":"{{name}}","cloud":"aws","region":"us-east-1","embed":{{embed}}}""");
        Assert.True(made.Status == 201, made.Body);
        var told = (await fixture.Server.GetAsync($"/indexes/{name}")).Json;
        Assert.Equal(made.Json.GetRawText(), told.GetRawText());
        return told;
    }

    /// <summary>An address names a namespace as a body does, whatever characters it has.</summary>
    [Theory]
    [InlineData("a%41")]
    [InlineData("a/b c")]
    [InlineData("é+%")]
    public async Task Writes_to_the_namespace_that_the_address_names(string name)
    {
        await MakeAsync("named", """{"model":"tiny-mean","field_map":{"text":"chunk"}}""");
        var upserted = await LinesAsync($"/indexes/named/records/namespaces/{Uri.EscapeDataString(name)}/upsert", """{"_id":"a","chunk":"b"}""");
        var stats = (await fixture.Server.PostAsync("/indexes/named/describe_index_stats", "{}")).Json;
        await fixture.Server.SendAsync("DELETE", "/indexes/named");
        Assert.Equal(201, upserted.Status);
        Assert.Equal(name, Assert.Single(stats.GetProperty("namespaces").EnumerateObject()).Name);
    }

    /// <summary>As its JavaScript client calls them. Without a key it might be a page's form that sends them.</summary>
    [Theory]
    [InlineData("text/plain;charset=UTF-8", true, 201)]
    [InlineData("text/plain;charset=UTF-8", false, 415)]
    [InlineData("application/jsonl", false, 201)]
    [InlineData("application/x-www-form-urlencoded", true, 415)]
    public async Task Takes_lines_that_are_called_text_from_whoever_brings_a_key(string type, bool key, int status)
    {
        await MakeAsync("lines", """{"model":"tiny-mean","field_map":{"text":"chunk"}}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/indexes/lines/records/namespaces/n/upsert")
        {
            Content = new ByteArrayContent("""{"_id":"a","chunk":"b"}"""u8.ToArray()) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } },
        };
        if (key)
            request.Headers.Add("Api-Key", "any");
        using var answer = await fixture.Server.Client.SendAsync(request);
        await fixture.Server.SendAsync("DELETE", "/indexes/lines");
        Assert.Equal(status, (int)answer.StatusCode);
    }

    private async Task<Answer> LinesAsync(string path, string lines)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(lines)) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-ndjson") } };
        return await fixture.Server.PostAsync(path, content);
    }
}
