using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.OpenInference;

/// <summary>What Triton's own client asks beyond the Open Inference Protocol.</summary>
[Collection(LocalFixture.Collection)]
public sealed class TritonTests(LocalFixture fixture)
{
    [Theory]
    [InlineData("tiny-mean")]
    [InlineData("tiny-classifier")]
    [InlineData("tiny-cross-encoder")]
    public async Task Metadata_lists_outputs_that_can_all_be_had_with_the_inputs_it_lists(string model)
    {
        var metadata = (await fixture.Server.GetAsync($"/v2/models/{model}")).Json;
        var outputs = metadata.GetProperty("outputs").EnumerateArray().Select(output => output.GetProperty("name").GetString()!).ToArray();
        var input = metadata.GetProperty("inputs").EnumerateArray().Single();
        var pairs = input.GetProperty("shape").GetArrayLength() == 2;
        var answer = await fixture.Server.PostAsync($"/v2/models/{model}/infer", $$"""
            {"inputs":[{"name":"{{input.GetProperty("name").GetString()}}","datatype":"BYTES","shape":{{(pairs ? "[1,2]" : "[1]")}},"data":{{(pairs ? """["a","b"]""" : """["a"]""")}}}],
             "outputs":[{{string.Join(',', outputs.Select(name => $$"""{"name":"{{name}}"}"""))}}]}
            """);
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal(outputs, answer.Json.GetProperty("outputs").EnumerateArray().Select(output => output.GetProperty("name").GetString()));
        Assert.True(metadata.GetProperty("graph").GetProperty("inputs").GetArrayLength() > 1);
    }

    [Theory]
    [InlineData("/v2/models/tiny-classifier/config")]
    [InlineData("/v2/models/tiny-classifier/versions/1/config")]
    public async Task The_configuration_tells_the_tensors_of_the_metadata(string path)
    {
        var config = (await fixture.Server.GetAsync(path)).Json;
        Assert.Equal(("tiny-classifier", "onnxruntime", 0), (config.GetProperty("name").GetString(), config.GetProperty("backend").GetString(), config.GetProperty("max_batch_size").GetInt32()));
        Assert.Equal("TYPE_STRING", config.GetProperty("input")[0].GetProperty("data_type").GetString());
        Assert.Equal(["logits:TYPE_FP32", "label:TYPE_STRING"], config.GetProperty("output").EnumerateArray().Select(one => $"{one.GetProperty("name")}:{one.GetProperty("data_type")}"));
        Assert.Equal([-1, 3], config.GetProperty("output")[0].GetProperty("dims").EnumerateArray().Select(size => size.GetInt32()));
    }

    [Theory]
    [InlineData("/v2/models/nobody/config")]
    [InlineData("/v2/models/owner/nobody/stats")]
    [InlineData("/v2/models/tiny-mean/versions/9999/config")]
    public async Task What_is_asked_of_no_model_says_which(string path)
    {
        var answer = await fixture.Server.GetAsync(path);
        Assert.Equal(404, answer.Status);
        Assert.DoesNotContain("/config", answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("/stats", answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statistics_count_what_was_answered_and_what_failed()
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend);
        await server.PostAsync("/v2/models/tiny-mean/infer", """{"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":["a"]}]}""");
        await server.PostAsync("/v2/models/tiny-mean/infer", "{}");
        await server.AssertNothingInFlightAsync();
        var one = (await server.GetAsync("/v2/models/tiny-mean/stats")).Json.GetProperty("model_stats").EnumerateArray().Single();
        Assert.Equal(("tiny-mean", 1), (one.GetProperty("name").GetString(), one.GetProperty("inference_count").GetInt32()));
        var counts = one.GetProperty("inference_stats");
        Assert.Equal((1, 1), (counts.GetProperty("success").GetProperty("count").GetInt32(), counts.GetProperty("fail").GetProperty("count").GetInt32()));
        Assert.True(counts.GetProperty("success").GetProperty("ns").GetInt64() > 0);
        Assert.True((await server.GetAsync("/v2/models/stats")).Json.GetProperty("model_stats").GetArrayLength() > 1);
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(9, 3)]
    public async Task A_classification_is_the_largest_values_with_their_labels(int asked, int given)
    {
        const string Input = """{"name":"text","datatype":"BYTES","shape":[2],"data":["hello","a longer text"]}""";
        var plain = await fixture.Server.PostAsync("/v2/models/tiny-classifier/infer", $$"""{"inputs":[{{Input}}]}""");
        var logits = plain.Json.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(value => value.GetSingle()).Chunk(3).ToArray();
        var best = plain.Json.GetProperty("outputs")[1].GetProperty("data").EnumerateArray().Select(value => value.GetString()).ToArray();
        var answer = await fixture.Server.PostAsync("/v2/models/tiny-classifier/infer", $$$"""{"inputs":[{{{Input}}}],"outputs":[{"name":"logits","parameters":{"classification":{{{asked}}}}}]}""");
        Assert.True(answer.Status == 200, answer.Body);
        var output = answer.Json.GetProperty("outputs")[0];
        Assert.Equal(("BYTES", 2, given), (output.GetProperty("datatype").GetString(), output.GetProperty("shape")[0].GetInt32(), output.GetProperty("shape")[1].GetInt32()));
        var classes = output.GetProperty("data").EnumerateArray().Select(value => value.GetString()!.Split(':')).Chunk(given).ToArray();
        for (var row = 0; row < 2; row++)
        {
            Assert.Equal(best[row], classes[row][0][2]);
            Assert.Equal(logits[row].Order().Reverse().Take(given), classes[row].Select(one => logits[row][int.Parse(one[1], System.Globalization.CultureInfo.InvariantCulture)]));
        }
    }

    [Theory]
    [InlineData("""{"name":"label","parameters":{"classification":1}}""", "numbers")]
    [InlineData("""{"name":"logits","parameters":{"classification":-1}}""", "classification")]
    [InlineData("""{"name":"logits","parameters":{"classification":2147483647}}""", "1000")]
    [InlineData("""{"name":"logits","parameters":{"shared_memory_region":"r","shared_memory_byte_size":8}}""", "shared_memory_region")]
    public async Task Refuses_what_cannot_be_made_of_an_output(string output, string reason)
    {
        var answer = await fixture.Server.PostAsync("/v2/models/tiny-classifier/infer", $$"""{"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":["a"]}],"outputs":[{{output}}]}""");
        Assert.Equal(400, answer.Status);
        Assert.Contains(reason, answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("load", """{"parameters":{"config":"{}"}}""", "config")]
    [InlineData("load", """{"parameters":{"file:1/model.onnx":"anVuaw=="}}""", "file:1/model.onnx")]
    [InlineData("load", """{"parameters":{"nonsense":1}}""", "nonsense")]
    [InlineData("load", """{"nonsense":1}""", "nonsense")]
    [InlineData("load", """{"parameters":[]}""", "parameters")]
    [InlineData("load", "[1]", "object")]
    [InlineData("load", "{", "JSON")]
    [InlineData("unload", """{"parameters":{"unload_dependents":3}}""", "unload_dependents")]
    [InlineData("unload", """{"parameters":{"config":"{}"}}""", "config")]
    public async Task Refuses_what_is_not_done_by_name(string verb, string body, string reason)
    {
        var answer = await fixture.Server.PostAsync($"/v2/repository/models/tiny-mean/{verb}", body);
        Assert.Equal(400, answer.Status);
        Assert.Contains(reason, answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(200, (await fixture.Server.GetAsync("/v2/models/tiny-mean/ready")).Status);
    }

    [Fact]
    public async Task Takes_what_Triton_s_client_sends_to_load_and_names_with_a_slash()
    {
        Assert.Equal(200, (await fixture.Server.PostAsync("/v2/repository/models/tiny-mean/load", """{"parameters":{}}""")).Status);
        Assert.Equal(404, (await fixture.Server.PostAsync("/v2/repository/models/owner/nobody/load", "{}")).Status);
        Assert.Contains("owner/nobody", (await fixture.Server.PostAsync("/v2/repository/models/owner/nobody/unload", """{"parameters":{"unload_dependents":false}}""")).Body, StringComparison.Ordinal);
        Assert.Equal(404, (await fixture.Server.PostAsync("/v2/repository/models/owner/nobody/nonsense", "{}")).Status);
    }
}
