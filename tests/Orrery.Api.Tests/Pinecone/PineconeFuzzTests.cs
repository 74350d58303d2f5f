using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Pinecone;

/// <summary>Whatever is sent to these routes, the answer is an answer or a reasoned refusal, never a failure.</summary>
[Collection(LocalFixture.Collection)]
public sealed class PineconeFuzzTests(LocalFixture fixture)
{
    private const int Requests = 3000;

    private static readonly string[] _posts =
        ["/vectors/upsert", "/query", "/vectors/fetch_by_metadata", "/vectors/update", "/vectors/delete", "/describe_index_stats", "/namespaces", "/indexes", "/indexes/i/query", "/indexes/i/vectors/upsert"];

    private static readonly string[] _fields =
    [
        "vectors", "id", "values", "metadata", "namespace", "sparseValues", "topK", "top_k", "vector", "filter", "includeValues", "include_metadata", "ids", "deleteAll", "setMetadata", "dryRun",
        "limit", "paginationToken", "name", "dimension", "metric", "spec", "tags", "deletion_protection", "vector_type", "element_type", "$and", "$or", "$in", "$gt", "a", "\\u0069d", "",
    ];

    private static readonly string[] _scalars =
    [
        "null", "true", "false", "0", "1", "-1", "10", "1001", "1e400", "-1e39", "1e-99", "1.5", "123456789012345678901234567890", "NaN", "-Infinity", "\"\"", "\"a\"", "\"__default__\"", "\"\\u0000\"",
        "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"cosine\"", "\"enabled\"", "\"dense\"", "\"\\\\\\\"\"", "[]", "{}", "[1,2,3]", "[\"a\",\"b\"]", "{\"a\":{\"$gt\":1}}", "[{\"id\":\"a\",\"values\":[1,2,3]}]",
    ];

    private int _answered;

    private static Gen<string> Fitting(string path) => path switch
    {
        "/vectors/upsert" or "/indexes/i/vectors/upsert" => Gen.Elements("""{"vectors":[{"id":"a","values":[0.25,-1e-3],"metadata":{"a":[1,"b"]}},{"id":"b","values":[1,2]}],"namespace":"n"}"""),
        "/query" or "/indexes/i/query" => Gen.Elements("""{"vector":[1,2],"topK":3,"filter":{"$or":[{"a":1},{"b":{"$in":["x",2]}}]},"includeValues":true}""", """{"id":"a","top_k":1}"""),
        "/vectors/fetch_by_metadata" => Gen.Constant("""{"filter":{"a":{"$exists":true}},"limit":5,"paginationToken":"t"}"""),
        "/vectors/update" => Gen.Elements("""{"id":"a","values":[1,2],"setMetadata":{"a":true}}""", """{"filter":{"a":1},"setMetadata":{"b":"c"},"dryRun":true}"""),
        "/vectors/delete" => Gen.Elements("""{"ids":["a","b"]}""", """{"deleteAll":true}""", """{"filter":{"a":{"$ne":1}}}"""),
        "/describe_index_stats" => Gen.Constant("""{"filter":{"a":1}}"""),
        "/namespaces" => Gen.Constant("""{"name":"n"}"""),
        _ => Gen.Constant("""{"name":"i","dimension":3,"metric":"cosine","tags":{"a":"b"},"spec":{"serverless":{"cloud":"aws","region":"r"}},"deletion_protection":"disabled"}"""),
    };

    [Fact]
    public async Task Answers_anything_without_failing()
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, new RecordingStore());
        await SendAsync(server, Requests);
        Assert.True(_answered > Requests / 10, $"only {_answered} of {Requests} requests were good enough for an answer");
    }

    [Fact]
    public async Task Answers_anything_without_failing_before_the_embedded_store()
    {
        await using var folder = await EmbeddedFolder.OpenAsync();
        await using var server = await PineconeServer.StartAsync(fixture.Backend, folder.Store);
        await server.SendAsync("POST", "/indexes", """{"name":"i","dimension":2}""");
        await SendAsync(server, Requests / 3);
        Assert.True(_answered > Requests / 100, $"only {_answered} of {Requests / 3} requests were good enough for an answer");
    }

    private async Task SendAsync(ApiServer server, int requests)
    {
        await Task.Factory.StartNew(
            () => Prop.ForAll(Sent.ToArbitrary(), sent => Judge(sent, server.PostAsync(sent.Path, Content(sent.Body)).GetAwaiter().GetResult()))
                .Check(Config.QuickThrowOnFailure.WithMaxTest(requests)),
            TaskCreationOptions.LongRunning);
        Assert.Empty(server.LoggedErrors.Messages);
        await server.AssertNothingInFlightAsync();
    }

    private static Gen<(string Path, byte[] Body)> Sent =>
        from path in Gen.Elements(_posts)
        from body in Gen.Frequency(
            (3, Fitting(path).Select(Encoding.UTF8.GetBytes)),
            (4, from json in Fitting(path) from mutated in Mutated(Encoding.UTF8.GetBytes(json)) select mutated),
            (4, Object(3).Select(Encoding.UTF8.GetBytes)),
            (1, Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf()),
            (1, Gen.Elements(_extremes)))
        select (path, body);

    private static readonly byte[][] _extremes =
    [
        Encoding.UTF8.GetBytes("{\"filter\":" + new string('[', 5000)),
        Encoding.UTF8.GetBytes("{\"filter\":" + string.Concat(Enumerable.Repeat("{\"a\":", 60)) + "1" + new string('}', 61)),
        Encoding.UTF8.GetBytes("{\"filter\":{\"$or\":[" + string.Concat(Enumerable.Repeat("{\"$and\":[", 30))),
        Encoding.UTF8.GetBytes("{\"vectors\":[" + string.Join(',', Enumerable.Repeat("{\"id\":\"a\",\"values\":[1]}", 2000)) + "]}"),
        Encoding.UTF8.GetBytes("{\"vectors\":[{\"id\":\"a\",\"values\":[" + string.Join(',', Enumerable.Repeat("0.1", 20_001)) + "]}]}"),
        Encoding.UTF8.GetBytes("{\"topK\":1,\"vector\":[" + new string('9', 100_000) + "]}"),
        [0xEF, 0xBB, 0xBF, .. "{\"topK\":1,\"id\":\"a\",\"filter\":{\"a\":1}}"u8],
        [.. "{\"topK\":1,\"id\":\""u8, 0xFF, .. "\"}"u8],
    ];

    private static Gen<string> Object(int depth) =>
        from count in Gen.Choose(0, 4)
        from fields in Gen.ListOf(from name in Gen.Elements(_fields) from value in Value(depth) select $"\"{name}\":{value}", count)
        select "{" + string.Join(',', fields) + "}";

    private static Gen<string> Value(int depth) => depth == 0
        ? Gen.Elements(_scalars)
        : Gen.Frequency((4, Gen.Elements(_scalars)), (1, Object(depth - 1)), (1, from count in Gen.Choose(0, 3) from items in Gen.ListOf(Value(depth - 1), count) select "[" + string.Join(',', items) + "]"));

    private static Gen<byte[]> Mutated(byte[] body) =>
        from at in Gen.Choose(0, body.Length - 1)
        from how in Gen.Choose(0, 3)
        from value in Gen.Choose(0, 255)
        select how switch
        {
            0 => (byte[])[.. body[..at], (byte)value, .. body[(at + 1)..]],
            1 => [.. body[..at], .. body[(at + 1)..]],
            2 => [.. body[..at], body[at], .. body[at..]],
            _ => body[..at],
        };

    private static ByteArrayContent Content(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        return content;
    }

    private Property Judge((string Path, byte[] Body) sent, Answer answer)
    {
        if (answer.Status is 200 or 201)
            _answered++;
        // What is missing or there already is a reason too.
        var refused = answer.Status is 400 or 404 or 409 && (sent.Path == "/indexes" ? answer.Json.GetProperty("error").GetProperty("message") : answer.Json.GetProperty("message")).GetString()!.Length > 0;
        return (answer.Status is 200 or 201 || refused).Label($"{answer.Status} {answer.Body} to {sent.Path} {Encoding.Latin1.GetString(sent.Body)}");
    }
}
