using System.Runtime.InteropServices;
using System.Text.Json;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.OpenAi;

public abstract class EmbeddingsTests(ServerFixture fixture)
{
    private const string Route = "/v1/embeddings";

    private ApiServer Server => fixture.Server;

    [Fact]
    public async Task Answers_a_list_in_the_order_of_its_inputs()
    {
        var answer = await Server.PostAsync(Route, """{"model":"tiny-mean","input":["first text","second, longer text"]}""");
        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.ContentType!.MediaType);
        var json = answer.Json;
        Assert.Equal("list", json.GetProperty("object").GetString());
        Assert.Equal("tiny-mean", json.GetProperty("model").GetString());
        Assert.Equal([0, 1], json.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("index").GetInt32()));
        Assert.All(json.GetProperty("data").EnumerateArray(), item => Assert.Equal("embedding", item.GetProperty("object").GetString()));
        Assert.All(Vectors(json), vector => Assert.Equal(1, Norm(vector), 1e-5));
        Assert.True(json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32() > 6);
        Assert.Equal(json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), json.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        var second = await Server.PostAsync(Route, """{"model":"tiny-mean","input":"second, longer text"}""");
        AssertClose(Vectors(second.Json)[0], Vectors(json)[1]);
    }

    [Fact]
    public async Task Gives_the_same_floats_as_base64()
    {
        var floats = Vectors((await Server.PostAsync(Route, """{"input":"a text","encoding_format":"float"}""")).Json)[0];
        var encoded = (await Server.PostAsync(Route, """{"input":"a text","encoding_format":"base64"}""")).Json.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        AssertClose(floats, MemoryMarshal.Cast<byte, float>(encoded).ToArray());
    }

    [Fact]
    public async Task Cuts_to_the_dimensions_asked_for_and_scales_again()
    {
        var whole = Vectors((await Server.PostAsync(Route, """{"input":"a text"}""")).Json)[0];
        var cut = Vectors((await Server.PostAsync(Route, """{"input":"a text","dimensions":8}""")).Json)[0];
        var length = Norm(whole[..8]);
        AssertClose([.. whole[..8].Select(value => (float)(value / length))], cut);
    }

    [Fact]
    public async Task Takes_token_ids_as_the_text_they_stand_for()
    {
        var tokens = (await Server.PostAsync("/tokenize", """{"inputs":"the same words","add_special_tokens":false}""")).Json[0]
            .EnumerateArray().Select(token => token.GetProperty("id").GetInt32()).ToArray();
        var ids = JsonSerializer.Serialize(tokens);
        var text = Vectors((await Server.PostAsync(Route, """{"input":"the same words"}""")).Json)[0];
        AssertClose(text, Vectors((await Server.PostAsync(Route, $$"""{"input":{{ids}}}""")).Json)[0]);
        AssertClose(text, Vectors((await Server.PostAsync(Route, $$"""{"input":[{{ids}},{{ids}}]}""")).Json)[1]);
    }

    [Theory]
    [InlineData("""{"model":"tiny-mean"}""", "input")]
    [InlineData("""{"input":[]}""", "input")]
    [InlineData("""{"input":""}""", "input")]
    [InlineData("""{"input":["a",""]}""", "input")]
    [InlineData("""{"input":[[]]}""", "input")]
    [InlineData("""{"input":{}}""", "input")]
    [InlineData("""{"input":5}""", "input")]
    [InlineData("""{"input":["a",true]}""", "input[1]")]
    [InlineData("""{"input":[1,"a"]}""", "input[1]")]
    [InlineData("""{"input":[1.5]}""", "input[0]")]
    [InlineData("""{"input":[99999999]}""", "input")]
    [InlineData("""{"input":[99999999999]}""", "input[0]")]
    [InlineData("""{"input":"a","encoding_format":"hex"}""", "encoding_format")]
    [InlineData("""{"input":"a","dimensions":0}""", "dimensions")]
    [InlineData("""{"input":"a","dimensions":33}""", "dimensions")]
    [InlineData("""{"input":"a","dimensions":"8"}""", "dimensions")]
    [InlineData("""{"input":"a","model":7}""", "model")]
    [InlineData("""{"input":"a","model":"tiny-classifier"}""", "model")]
    public async Task Refuses_and_names_the_field(string body, string field)
    {
        var answer = await Server.PostAsync(Route, body);
        AssertError(answer, 400, "invalid_request_error");
        Assert.Equal(field, answer.Json.GetProperty("error").GetProperty("param").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"input":"a"} x""")]
    [InlineData("""{"input":"\ud800"}""")]
    [InlineData("""{"input":"a",}""")]
    [InlineData("[]")]
    [InlineData("null")]
    public async Task Refuses_what_is_not_a_JSON_object(string body) => AssertError(await Server.PostAsync(Route, body), 400, "invalid_request_error");

    [Fact]
    public async Task Refuses_bytes_that_are_not_UTF8()
    {
        using var content = new ByteArrayContent([.. "{\"input\":\""u8, 0xC3, 0x28, .. "\"}"u8]);
        content.Headers.ContentType = new("application/json");
        var answer = await Server.PostAsync(Route, content);
        AssertError(answer, 400, "invalid_request_error");
        Assert.Contains("UTF-8", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_the_limit_of_inputs()
    {
        var answer = await Server.PostAsync(Route, JsonSerializer.Serialize(new { input = Enumerable.Repeat("a", 2049) }));
        AssertError(answer, 400, "invalid_request_error");
        Assert.Contains("2048", answer.Body, StringComparison.Ordinal);
        Assert.Contains("2049", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Truncates_only_when_told()
    {
        var text = string.Join(' ', Enumerable.Repeat("word", 500));
        var refused = await Server.PostAsync(Route, JsonSerializer.Serialize(new { input = text }));
        AssertError(refused, 400, "invalid_request_error");
        Assert.StartsWith("input[0] must have at most 48 tokens", refused.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        var cut = await Server.PostAsync(Route, JsonSerializer.Serialize(new { input = text, truncate = true }));
        Assert.Equal(48, cut.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Fact]
    public async Task Says_that_a_model_does_not_exist()
    {
        var answer = await Server.PostAsync(Route, """{"model":"nobody/knows","input":"a"}""");
        AssertError(answer, 404, "invalid_request_error");
        Assert.Equal("model_not_found", answer.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("nobody/knows", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ignores_fields_it_does_not_know_and_takes_the_last_of_two()
    {
        var answer = await Server.PostAsync(Route, """{"x":{"y":[1,{"input":"no"}]},"user":"u","input":"no","input":["yes","yes too"]}""");
        Assert.Equal(2, answer.Json.GetProperty("data").GetArrayLength());
    }

    private static void AssertError(Answer answer, int status, string type)
    {
        Assert.Equal(status, answer.Status);
        var error = answer.Json.GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(property => property.Name));
        Assert.Equal(type, error.GetProperty("type").GetString());
    }

    private static float[][] Vectors(JsonElement json) =>
        [.. json.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle()).ToArray())];

    private static double Norm(float[] vector) => Math.Sqrt(vector.Sum(value => (double)value * value));

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5f);
    }
}

[Collection(LocalFixture.Collection)]
public sealed class LocalEmbeddingsTests(LocalFixture fixture) : EmbeddingsTests(fixture);
