using System.Text.Json;
using Orrery.Api.Tests.Support;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Tests.Vectors;

public abstract class UpsertTests(BackendFixture fixture)
{
    private readonly string _namespace = $"n-{Guid.NewGuid():N}";

    private ApiServer Server => fixture.Server;

    [Fact]
    public async Task Embeddings_are_kept_as_they_are_answered()
    {
        var answer = await Server.PostAsync("/v1/embeddings", Body("""
            {"model":"tiny-mean","input":["one text","another"],"upsert":{"namespace":"NS","ids":["a","b"],"metadata":[{"year":2020,"tags":["x","y"]},null]}}
            """));
        Assert.Equal(200, answer.Status);
        Assert.Equal("""{"count":2,"queued":false}""", answer.Json.GetProperty("upsert").GetRawText());

        var records = await FetchAsync("a", "b");
        Assert.Equal(Vector(answer, 0), records["a"].Values.ToArray());
        Assert.Equal(Vector(answer, 1), records["b"].Values.ToArray());
        Assert.Equal(2020, JsonDocument.Parse(records["a"].Metadata).RootElement.GetProperty("year").GetInt32());
        Assert.True(records["b"].Metadata.IsEmpty);
    }

    [Fact]
    public async Task Scoring_keeps_the_embeddings_that_the_embeddings_route_gives()
    {
        var scored = await Server.PostAsync("/v1/score", Body("""
            {"input":["one text","another"],"detectors":["tiny-topic","tiny-spam"],"upsert":{"namespace":"NS","ids":["a","b"],"metadata":{"source":"test"}}}
            """));
        Assert.Equal(200, scored.Status);
        Assert.Equal("""{"count":2,"queued":false}""", scored.Json.GetProperty("upsert").GetRawText());
        Assert.Equal(2, scored.Json.GetProperty("data")[1].GetProperty("results").GetArrayLength());
        Assert.Equal(["embedding_ms", "heads_ms", "upsert_ms", "total_ms"], scored.Json.GetProperty("timing").EnumerateObject().Select(field => field.Name));

        var embedded = await Server.PostAsync("/v1/embeddings", """{"model":"tiny-mean","input":["one text","another"]}""");
        var records = await FetchAsync("a", "b");
        Assert.Equal(Vector(embedded, 0), records["a"].Values.ToArray());
        Assert.Equal(Vector(embedded, 1), records["b"].Values.ToArray());
        Assert.All(records.Values, record => Assert.Equal("""{"source":"test"}""", System.Text.Encoding.UTF8.GetString(record.Metadata.Span)));
    }

    [Fact]
    public async Task Detectors_over_two_models_do_not_say_whose_embeddings_to_keep()
    {
        var answer = await Server.PostAsync("/v1/score", Body("""{"input":"x","detectors":["tiny-topic","tiny-cls-topic"],"upsert":{"namespace":"NS","ids":["a"]}}"""));
        Assert.Equal(400, answer.Status);
        Assert.Contains("more than one model", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(await FetchAsync("a"));
    }

    [Fact]
    public async Task A_namespace_refuses_vectors_of_another_model()
    {
        var first = await Server.PostAsync("/v1/embeddings", Body("""{"model":"tiny-mean","input":"x","upsert":{"namespace":"NS","ids":["a"]}}"""));
        Assert.Equal(200, first.Status);
        var other = await Server.PostAsync("/v1/embeddings", Body("""{"model":"tiny-cls","input":"x","upsert":{"namespace":"NS","ids":["b"]}}"""));
        Assert.Contains(other.Status, (int[])[400, 409]);
        Assert.Contains("tiny-mean", Error(other), StringComparison.Ordinal);
        var scored = await Server.PostAsync("/v1/score", Body("""{"input":"x","detectors":["tiny-cls-topic"],"upsert":{"namespace":"NS","ids":["c"]}}"""));
        Assert.Contains(scored.Status, (int[])[400, 409]);
        Assert.Equal(["a"], (await FetchAsync("a", "b", "c")).Keys);

        var info = (await fixture.Vectors!.FindNamespaceAsync(fixture.Vectors.DefaultIndex, _namespace, default)).Value!;
        Assert.Equal(fixture.Backend.Find("tiny-mean").Value!.Digest, info.Model!.Digest);
        Assert.Equal(fixture.Backend.Find("tiny-mean").Value!.Dimensions, info.Dimension);
    }

    [Fact]
    public async Task An_id_that_comes_again_replaces_its_record()
    {
        await Server.PostAsync("/v1/embeddings", Body("""{"model":"tiny-mean","input":"first","upsert":{"namespace":"NS","ids":["a"],"metadata":{"n":1}}}"""));
        var second = await Server.PostAsync("/v1/embeddings", Body("""{"model":"tiny-mean","input":"second","upsert":{"namespace":"NS","ids":"a"}}"""));
        var record = (await FetchAsync("a"))["a"];
        Assert.Equal(Vector(second, 0), record.Values.ToArray());
        Assert.True(record.Metadata.IsEmpty);
    }

    [Theory]
    [InlineData("""{"namespace":"NS"}""", "upsert.ids")]
    [InlineData("""{"namespace":"NS","ids":["a"]}""", "2 inputs")]
    [InlineData("""{"namespace":"NS","ids":["a","a"]}""", "twice")]
    [InlineData("""{"namespace":"NS","ids":["a",""]}""", "id")]
    [InlineData("""{"namespace":"NS","ids":["a",7]}""", "upsert.ids")]
    [InlineData("""{"namespace":"NS","ids":["a","b"],"metadata":[{}]}""", "upsert.metadata")]
    [InlineData("""{"namespace":"NS","ids":["a","b"],"metadata":{"nested":{"x":1}}}""", "nested")]
    [InlineData("""{"namespace":"NS","ids":["a","b"],"metadata":{"n":null}}""", "'n'")]
    [InlineData("""{"namespace":"NS","ids":["a","b"],"metadata":"x"}""", "upsert.metadata")]
    [InlineData("""{"namespace":7,"ids":["a","b"]}""", "upsert.namespace")]
    [InlineData("""{"namespace":"NS","ids":["a","b"],"index":"nowhere"}""", "nowhere")]
    [InlineData("""["a","b"]""", "upsert")]
    [InlineData("""{"namespaces":"NS","ids":["a","b"]}""", "upsert.namespaces")]
    public async Task Refuses_what_cannot_be_kept_by_name(string upsert, string named)
    {
        foreach (var (route, fields) in ((string, string)[])[("/v1/embeddings", "\"model\":\"tiny-mean\""), ("/v1/score", "\"detectors\":[\"tiny-topic\"]")])
        {
            var answer = await Server.PostAsync(route, Body($$"""{"input":["one","two"],{{fields}},"upsert":{{upsert}}}"""));
            Assert.InRange(answer.Status, 400, 499);
            Assert.Contains(named, Error(answer), StringComparison.Ordinal);
        }

        Assert.Empty(await FetchAsync("a", "b"));
    }

    [Fact]
    public async Task Refuses_metadata_over_its_limit()
    {
        var answer = await Server.PostAsync("/v1/embeddings", Body("""{"model":"tiny-mean","input":"x","upsert":{"namespace":"NS","ids":["a"],"metadata":{"long":"LONG"}}}""").Replace("LONG", new string('x', VectorMetadata.MaxBytes), StringComparison.Ordinal));
        Assert.Equal(400, answer.Status);
        Assert.Contains("40960", Error(answer), StringComparison.Ordinal);
    }

    private static string Error(Answer answer) => answer.Json.TryGetProperty("detail", out var detail) ? detail.GetString()! : answer.Json.GetProperty("error").GetProperty("message").GetString()!;

    private static float[] Vector(Answer answer, int index) => [.. answer.Json.GetProperty("data")[index].GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle())];

    private string Body(string json) => json.Replace("NS", _namespace, StringComparison.Ordinal);

    private async Task<Dictionary<string, VectorRecord>> FetchAsync(params string[] ids)
    {
        var page = await fixture.Vectors!.FetchAsync(new FetchRequest { Index = fixture.Vectors.DefaultIndex, Namespace = _namespace, Ids = ids }, default);
        return page.Value!.Records.ToDictionary(record => record.Id);
    }
}

[Collection(LocalFixture.Collection)]
public sealed class LocalUpsertTests(LocalFixture fixture) : UpsertTests(fixture)
{
    [Fact]
    public async Task Says_that_nothing_is_kept_where_there_is_no_store()
    {
        var options = new EngineOptions { ModelDirectories = [Repository.Path("tests", "fixtures", "models", "tiny-mean")], Sessions = 1, ThreadsPerSession = 1, MaxBatchTokens = 4096 };
        await using var backend = await LocalBackend.CreateAsync(options, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        await using var server = await ApiServer.StartAsync(backend);
        foreach (var (route, body) in ((string, string)[])[("/v1/embeddings", """{"input":"x","upsert":{"ids":["a"]}}"""), ("/v1/search", """{"text":"x"}""")])
        {
            var answer = await server.PostAsync(route, body);
            Assert.Equal(400, answer.Status);
            Assert.Contains("keeps no vectors", answer.Body, StringComparison.Ordinal);
        }
    }
}
