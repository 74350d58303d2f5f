using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.OpenInference;

public abstract class OpenInferenceTests(ServerFixture fixture)
{
    private const string Infer = "/v2/models/tiny-mean/infer";

    [Fact]
    public async Task Tells_the_server_and_its_models()
    {
        var server = (await fixture.Server.GetAsync("/v2")).Json;
        Assert.Equal("orrery", server.GetProperty("name").GetString());
        Assert.Contains("binary_tensor_data", server.GetProperty("extensions").EnumerateArray().Select(item => item.GetString()));
        Assert.True((await fixture.Server.GetAsync("/v2/health/live")).Json.GetProperty("live").GetBoolean());
        Assert.True((await fixture.Server.GetAsync("/v2/health/ready")).Json.GetProperty("ready").GetBoolean());

        var model = (await fixture.Server.GetAsync("/v2/models/tiny-mean")).Json;
        var version = model.GetProperty("versions")[0].GetString();
        Assert.Equal("text", model.GetProperty("inputs")[0].GetProperty("name").GetString());
        Assert.Equal("BYTES", model.GetProperty("inputs")[0].GetProperty("datatype").GetString());
        Assert.Equal([-1, -1], model.GetProperty("inputs")[1].GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()));
        foreach (var path in (string[])["", "/versions/1", $"/versions/{version}"])
        {
            Assert.Equal(200, (await fixture.Server.GetAsync($"/v2/models/tiny-mean{path}")).Status);
            Assert.True((await fixture.Server.GetAsync($"/v2/models/tiny-mean{path}/ready")).Json.GetProperty("ready").GetBoolean());
        }
    }

    [Theory]
    [InlineData("GET", "/v2/models/nobody", 404)]
    [InlineData("GET", "/v2/models/nobody/ready", 404)]
    [InlineData("POST", "/v2/models/nobody/infer", 404)]
    [InlineData("POST", "/v2/models/owner/nobody/infer", 404)]
    [InlineData("POST", "/v2/models/owner%2Fnobody/infer", 404)]
    [InlineData("POST", "/v2/models/tiny-mean/versions/7777/infer", 404)]
    [InlineData("GET", "/v2/models/tiny-mean/versions/7777", 404)]
    [InlineData("GET", "/v2/nothing", 404)]
    [InlineData("DELETE", "/v2/models/tiny-mean", 405)]
    [InlineData("GET", "/v2/models/tiny-mean/infer", 405)]
    public async Task Answers_what_does_not_exist_in_the_protocols_shape(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST")
            request.Content = new StringContent(Text("a"), Encoding.UTF8, "application/json");
        var answer = await fixture.Server.SendAsync(request);
        Assert.Equal(status, answer.Status);
        Assert.NotEmpty(answer.Json.GetProperty("error").GetString()!);
    }

    [Fact]
    public async Task Embeds_texts_and_echoes_the_id()
    {
        var answer = await fixture.Server.PostAsync(Infer, """{"id":"7","inputs":[{"name":"text","datatype":"BYTES","shape":[2,1],"data":[["first"],["second"]]}]}""");
        Assert.Equal("7", answer.Json.GetProperty("id").GetString());
        var output = answer.Json.GetProperty("outputs")[0];
        Assert.Equal("embedding", output.GetProperty("name").GetString());
        Assert.Equal([2, 32], output.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
        var byTei = (await fixture.Server.PostAsync("/embed", """{"inputs":["first","second"]}""")).Rows();
        Assert.Equal([.. byTei[0], .. byTei[1]], output.GetProperty("data").EnumerateArray().Select(value => value.GetSingle()));
        Assert.False((await fixture.Server.PostAsync(Infer, Text("a"))).Json.TryGetProperty("id", out _));
    }

    [Theory]
    [InlineData("""{"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":["a"]}],"outputs":[{"name":"embedding"},{"name":"embedding"}]}""")]
    [InlineData("""{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1,1],"data":[1]}],"outputs":[{"name":"last_hidden_state"},{"name":"last_hidden_state"}]}""")]
    public async Task Gives_an_output_once(string body)
    {
        var answer = await fixture.Server.PostAsync(Infer, body);
        Assert.Equal(400, answer.Status);
        Assert.Contains("asked for twice", answer.Json.GetProperty("error").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("soon", 400)]
    [InlineData("60000", 200)]
    public async Task Reads_the_header_that_brings_a_deadline(string milliseconds, int status) =>
        Assert.Equal(status, (await fixture.Server.PostAsync(Infer, Text("a"), ("X-Timeout-Ms", milliseconds))).Status);

    [Fact]
    public async Task Sends_answers_in_parts_that_make_the_same_whole()
    {
        // Two million numbers: some megabytes in each form.
        const int Texts = 1500, Tokens = 40;
        var ids = string.Join(',', Enumerable.Range(0, Texts * Tokens).Select(i => i % 1000));
        var ones = string.Join(',', Enumerable.Repeat(1, Texts * Tokens));
        var zeros = string.Join(',', Enumerable.Repeat(0, Texts * Tokens));
        string Body(string outputs) => $$"""{"inputs":[{{Tensor("input_ids", ids)}},{{Tensor("attention_mask", ones)}},{{Tensor("token_type_ids", zeros)}}],"outputs":[{{outputs}}]}""";
        string Tensor(string name, string data) => $$"""{"name":"{{name}}","datatype":"INT64","shape":[{{Texts}},{{Tokens}}],"data":[{{data}}]}""";
        var json = (await fixture.Server.PostAsync(Infer, Body("""{"name":"last_hidden_state"}"""))).Json.GetProperty("outputs")[0];
        var values = json.GetProperty("data").EnumerateArray().Select(value => value.GetSingle()).ToArray();
        Assert.Equal(Texts * Tokens * 32, values.Length);

        using var response = await fixture.Server.Client.PostAsync(Infer, new StringContent(Body("""{"name":"last_hidden_state","parameters":{"binary_data":true}}"""), Encoding.UTF8, "application/json"));
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var header = int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single(), CultureInfo.InvariantCulture);
        Assert.Equal(values, MemoryMarshal.Cast<byte, float>(bytes.AsSpan(header)).ToArray());
    }

    [Fact]
    public async Task Labels_texts_and_scores_pairs()
    {
        var labels = (await fixture.Server.PostAsync("/v2/models/tiny-classifier/infer", Text("hello"))).Json.GetProperty("outputs");
        Assert.Equal(["logits", "label"], labels.EnumerateArray().Select(output => output.GetProperty("name").GetString()));
        var best = (await fixture.Server.PostAsync("/predict", """{"inputs":"hello"}""")).Json[0].GetProperty("label").GetString();
        Assert.Equal(best, labels[1].GetProperty("data")[0].GetString());
        var pair = await fixture.Server.PostAsync("/v2/models/tiny-cross-encoder/infer", """{"inputs":[{"name":"text","datatype":"BYTES","shape":[1,2],"data":["a","b"]}]}""");
        Assert.Equal([1, 1], pair.Json.GetProperty("outputs")[0].GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
    }

    [Fact]
    public async Task Gives_the_same_for_tensors_as_JSON_nested_or_flat_and_as_bytes()
    {
        var flat = await fixture.Server.PostAsync(Infer, Tensors("[2,7,3]"));
        var nested = await fixture.Server.PostAsync(Infer, Tensors("[[2,7,3]]"));
        Assert.Equal(200, flat.Status);
        Assert.Equal(flat.Body, nested.Body);

        var ids = MemoryMarshal.AsBytes<long>([2, 7, 3]).ToArray();
        var json = """{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1,3],"parameters":{"binary_data_size":24}},{"name":"attention_mask","datatype":"INT64","shape":[1,3],"data":[1,1,1]},{"name":"token_type_ids","datatype":"INT64","shape":[1,3],"parameters":{"binary_data_size":24}}],"outputs":[{"name":"last_hidden_state","parameters":{"binary_data":true}}]}""";
        var (status, header, values) = await PostBinaryAsync(Infer, json, [.. ids, .. new byte[24]]);
        Assert.Equal(200, status);
        Assert.Equal(3 * 32 * 4, header.GetProperty("outputs")[0].GetProperty("parameters").GetProperty("binary_data_size").GetInt32());
        var expected = flat.Json.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(value => value.GetSingle()).ToArray();
        Assert.Equal(expected, MemoryMarshal.Cast<byte, float>(values).ToArray());
    }

    [Fact]
    public async Task Takes_texts_and_gives_labels_as_bytes()
    {
        byte[] text = [.. Encoding.UTF8.GetBytes("héllo")];
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        var json = string.Create(CultureInfo.InvariantCulture, $$$"""{"parameters":{"binary_data_output":true},"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":{{{text.Length + 4}}}}}],"outputs":[{"name":"label"}]}""");
        var (status, _, values) = await PostBinaryAsync("/v2/models/tiny-classifier/infer", json, [.. length, .. text]);
        Assert.Equal(200, status);
        Assert.Equal(values.Length - 4, BinaryPrimitives.ReadInt32LittleEndian(values));
        Assert.Contains(Encoding.UTF8.GetString(values.AsSpan(4)), (string[])["negative", "neutral", "positive"]);
    }

    [Fact]
    public async Task Takes_a_body_that_is_nothing_but_the_input()
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("just a text"));
        using var request = new HttpRequestMessage(HttpMethod.Post, Infer) { Content = content };
        request.Headers.Add("Inference-Header-Content-Length", "0");
        using var response = await fixture.Server.Client.SendAsync(request);
        Assert.Equal(200, (int)response.StatusCode);
        var header = int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single(), CultureInfo.InvariantCulture);
        Assert.Equal(32 * 4, (await response.Content.ReadAsByteArrayAsync()).Length - header);
    }

    [Fact]
    public async Task Reads_compressed_requests_and_names_the_encodings_it_knows()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(Text("a")));
        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        Assert.Equal(200, (await fixture.Server.PostAsync(Infer, content)).Status);
        using var other = new ByteArrayContent([1, 2]);
        other.Headers.ContentEncoding.Add("br");
        Assert.Equal(501, (await fixture.Server.PostAsync(Infer, other)).Status);
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{}", "'inputs'")]
    [InlineData("""{"inputs":[]}""", "'inputs'")]
    [InlineData("""{"inputs":[{"datatype":"BYTES"}]}""", "'name'")]
    [InlineData("""{"inputs":[{"name":"text","datatype":"WORDS","shape":[1],"data":["a"]}]}""", "'datatype'")]
    [InlineData("""{"inputs":[{"name":"text","datatype":"BYTES","data":["a"]}]}""", "Unable to parse 'shape'")]
    [InlineData("""{"inputs":[{"name":"text","datatype":"BYTES","shape":[-1],"data":["a"]}]}""", "one or more invalid dimensions")]
    [InlineData("""{"inputs":[{"name":"text","datatype":"BYTES","shape":[99999999999,99999999],"data":["a"]}]}""", "exceeds the maximum allowed")]
    [InlineData("""{"inputs":[{"name":"text","datatype":"BYTES","shape":[2],"data":["a"]}]}""", "has 1 strings")]
    [InlineData("""{"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":["\ud800"]}]}""", "surrogate")]
    [InlineData("""{"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":[1]}]}""", "strings")]
    [InlineData("""{"inputs":[{"name":"text","datatype":"BYTES","shape":[1,2],"data":["a","b"]}]}""", "of one text")]
    [InlineData("""{"inputs":[{"name":"text","datatype":"BYTES","shape":[1]}]}""", "neither 'data' nor binary_data_size")]
    [InlineData("""{"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":4}}]}""", "needs the header")]
    [InlineData("""{"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":["a"]}],"outputs":[{"name":"none"}]}""", "no output 'none'")]
    [InlineData("""{"parameters":{"triton_x":1},"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":["a"]}]}""", "reserved")]
    [InlineData("""{"parameters":{"timeout":-1},"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":["a"]}]}""", "timeout")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP16","shape":[1],"data":[1]}]}""", "only be sent as binary")]
    [InlineData("""{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1,2],"data":[1,2.5]}]}""", "2.5, which is no INT64")]
    [InlineData("""{"inputs":[{"name":"input_ids","datatype":"UINT8","shape":[1,2],"data":[1,256]}]}""", "256, which is no UINT8")]
    [InlineData("""{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1,2],"data":[1,2,3]}]}""", "more elements")]
    [InlineData("""{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1,2],"data":[1]}]}""", "elements")]
    [InlineData("""{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1000000,200],"data":[1]}]}""", "fewer elements")]
    [InlineData("""{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1,2],"data":[1,2]}]}""", "is missing")]
    [InlineData("""{"inputs":[{"name":"input_ids","datatype":"FP32","shape":[1,2],"data":[1,2]},{"name":"attention_mask","datatype":"INT64","shape":[1,2],"data":[1,1]},{"name":"token_type_ids","datatype":"INT64","shape":[1,2],"data":[0,0]}]}""", "Float32")]
    [InlineData("""{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[2],"data":[1,2]},{"name":"attention_mask","datatype":"INT64","shape":[1,2],"data":[1,1]},{"name":"token_type_ids","datatype":"INT64","shape":[1,2],"data":[0,0]}]}""", "dimensions")]
    public async Task Names_what_is_wrong_with_a_request(string body, string reason)
    {
        var answer = await fixture.Server.PostAsync(Infer, body);
        Assert.Equal(400, answer.Status);
        Assert.Contains(reason, answer.Json.GetProperty("error").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x", "must be an integer")]
    [InlineData("-1", "must be an integer")]
    [InlineData("99999999999", "must be an integer")]
    [InlineData("100000", "but the body has")]
    [InlineData("2", "'inputs'")]
    public async Task Checks_the_length_of_the_JSON_part(string header, string reason)
    {
        var answer = await fixture.Server.PostAsync(Infer, "{}", ("Inference-Header-Content-Length", header));
        Assert.Equal(400, answer.Status);
        Assert.Contains(reason, answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20, "expecting 4 additional bytes")]
    [InlineData(28, "unexpected additional input data")]
    public async Task Checks_that_the_bytes_add_up(int bytes, string reason)
    {
        var (status, json, _) = await PostBinaryAsync(Infer, """{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1,3],"parameters":{"binary_data_size":24}}]}""", new byte[bytes]);
        Assert.Equal(400, status);
        Assert.Contains(reason, json.GetProperty("error").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_unloads_and_loads_models()
    {
        var index = (await fixture.Server.PostAsync("/v2/repository/index", "{}")).Json.EnumerateArray().ToDictionary(model => model.GetProperty("name").GetString()!, model => model.GetProperty("state").GetString());
        Assert.Equal("READY", index["tiny-cls"]);
        Assert.Equal(200, (await fixture.Server.PostAsync("/v2/repository/models/tiny-cls/unload", "{}")).Status);
        Assert.Equal(503, (await fixture.Server.PostAsync("/v2/models/tiny-cls/infer", Text("a"))).Status);
        Assert.Equal(503, (await fixture.Server.GetAsync("/v2/models/tiny-cls/ready")).Status);
        Assert.Equal(200, (await fixture.Server.PostAsync("/v2/repository/models/tiny-cls/load", "{}")).Status);
        Assert.Equal(200, (await fixture.Server.PostAsync("/v2/models/tiny-cls/infer", Text("a"))).Status);
        Assert.Equal(404, (await fixture.Server.PostAsync("/v2/repository/models/nobody/load", "{}")).Status);
        Assert.Equal(400, (await fixture.Server.PostAsync("/v2/repository/index", "[")).Status);
    }

    private async Task<(int Status, JsonElement Json, byte[] Tail)> PostBinaryAsync(string path, string json, byte[] tail)
    {
        var head = Encoding.UTF8.GetBytes(json);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent([.. head, .. tail]) };
        request.Headers.Add("Inference-Header-Content-Length", head.Length.ToString(CultureInfo.InvariantCulture));
        using var response = await fixture.Server.Client.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        var length = response.Headers.TryGetValues("Inference-Header-Content-Length", out var values) ? int.Parse(values.Single(), CultureInfo.InvariantCulture) : body.Length;
        return ((int)response.StatusCode, JsonDocument.Parse(body.AsMemory(0, length)).RootElement, body[length..]);
    }

    private static string Text(string text) => $$"""{"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":["{{text}}"]}]}""";

    private static string Tensors(string ids) =>
        $$"""{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1,3],"data":{{ids}}},{"name":"attention_mask","datatype":"INT64","shape":[1,3],"data":[1,1,1]},{"name":"token_type_ids","datatype":"INT64","shape":[1,3],"data":[0,0,0]}]}""";
}

[Collection(LocalFixture.Collection)]
public sealed class LocalOpenInferenceTests(LocalFixture fixture) : OpenInferenceTests(fixture);
